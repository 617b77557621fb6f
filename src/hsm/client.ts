import { error, isError, type ServiceError } from '../domain/error.ts'
import type { KeyMaterialId, WrappedKey } from '../domain/key.ts'
import { KEY_REQUESTS_MAX } from '../domain/limits.ts'
import type { DataKeyPair, KeyProcess, Manner, NewMaterial, Recipient, Signable } from '../request/ports.ts'
import { type Connection, type Reply, startKeyProcess } from './connection.ts'
import { createDomainKeyKeeper, type DomainKeyKeeper, type DomainKeyStore } from './domain-key-keeper.ts'
import { bindingFields, materialField } from './material-field.ts'
import type { RootKey } from './root-key-file.ts'
import { type Health, type Supervisor, supervise } from './supervisor.ts'
import { encodeFields, OPS, type Op, REPLIES } from './wire.ts'

export type { DomainKeyStore } from './domain-key-keeper.ts'
export { createEphemeralRootKey, createRootKeyFile, openRootKeyFile, type RootKey } from './root-key-file.ts'
export type { Health } from './supervisor.ts'

export type KeyProcessOptions = {
  /** Stays the caller's, to be disposed of after the key process. */
  readonly rootKey: Pick<RootKey, 'fd'>
  readonly domainKeys: DomainKeyStore
  /** The first process, when it was started ahead. */
  readonly begun?: StartingKeyProcess
  /** Whether material may be brought in the clear: only in the emulator. */
  readonly adoptsMaterial?: boolean
  /** Base64 of DER: what chains of attestation documents must begin with; `unrooted`, in the emulator only, believes any. */
  readonly attestation?: readonly string[] | 'unrooted'
  /** Where the process keeps its compiled code; see `Variant`. */
  readonly compiledCode?: string
  /** Lines for the operator: that the process ended or was started again, or why it was not. */
  readonly log?: (message: string) => void
}

/** A key process that proves itself while its owner prepares the rest. */
export type StartingKeyProcess = AsyncDisposable & { readonly connection: Promise<Connection | string> }

type StartOptions = Pick<KeyProcessOptions, 'rootKey' | 'adoptsMaterial' | 'attestation' | 'compiledCode'>

const attestationArgs = (attestation: StartOptions['attestation'] = []) =>
  attestation === 'unrooted' ? ['unrooted-attestation'] : attestation.map((root) => `attestation-root=${root}`)

const startOne = ({ rootKey, adoptsMaterial, attestation, compiledCode }: StartOptions) =>
  startKeyProcess(rootKey.fd, {
    args: [...(adoptsMaterial === true ? ['adopts-material'] : []), ...attestationArgs(attestation)],
    ...(compiledCode === undefined ? {} : { compiledCode }),
  })

/** Starts a process ahead of `openKeyProcess`, which takes it over; one that is not taken over is to be disposed of. */
export function beginKeyProcess(options: StartOptions): StartingKeyProcess {
  const connection = startOne(options)
  return {
    connection,
    async [Symbol.asyncDispose]() {
      const begun = await connection
      if (typeof begun !== 'string') begun.kill()
    },
  }
}

export type OpenKeyProcess = KeyProcess &
  AsyncDisposable & {
    readonly health: Health
    /** Requests that it has not answered. */
    readonly inFlight: number
  }

/** The process is gone or does not know what it is asked. Clients retry it. */
const internal = (cause: string) => error('KMSInternalException', undefined, cause)

/** What an answer's code means to the caller. The cause goes to the log; nothing of it to a client. */
const ERRORS: ReadonlyMap<number, ServiceError> = new Map([
  [REPLIES.invalidCiphertext, error('InvalidCiphertextException')],
  [REPLIES.invalidMac, error('KMSInvalidMacException')],
  [REPLIES.refused, internal('the key process refused the request')],
  [REPLIES.unopenable, internal('a wrapped key does not open')],
  [REPLIES.needsDomainKey, internal('there is no domain key to wrap with')],
  [REPLIES.invalidSignature, error('KMSInvalidSignatureException')],
  [REPLIES.invalidPublicKey, error('ValidationException')],
  [REPLIES.invalidMaterial, error('ValidationException', 'The key material is not a private key of its key spec.')],
  [REPLIES.plaintextTooLong, error('ValidationException')],
  [REPLIES.invalidSession, error('UnrecognizedClientException')],
  [REPLIES.invalidCode, error('InvalidAuthenticationCode', 'Authentication code for device is not valid.')],
  [REPLIES.invalidGrantToken, error('InvalidGrantTokenException')],
  [REPLIES.invalidImportToken, error('InvalidImportTokenException')],
  [REPLIES.expiredImportToken, error('ExpiredImportTokenException')],
  [REPLIES.incorrectMaterial, error('IncorrectKeyMaterialException')],
  [REPLIES.overloaded, error('ThrottlingException', 'Rate exceeded')],
  [REPLIES.unproven, internal('an algorithm did not pass its known-answer tests')],
  [REPLIES.invalidAttestation, error('ValidationException', 'The attestation document is not valid.')],
  [
    REPLIES.noAttestationRoot,
    error('UnsupportedOperationException', 'Recipient is not supported: no attestation root is configured.'),
  ],
  [REPLIES.unknownDomainKey, internal('a wrapped key names a domain key that the store does not hold')],
])

/** The domain of access keys, which belong to no Region. */
const GLOBAL_DOMAIN = 'aws-global'
/** Times that a request is sent: again after a domain key was made or found, once more if the process changed meanwhile. */
const ATTEMPTS_MAX = 3

type Ask = (op: Op, fields: readonly Uint8Array[], domain?: string) => Promise<readonly Buffer[] | ServiceError>

/** @returns whether the request is worth sending again. */
async function provide(
  keeper: DomainKeyKeeper,
  connection: Connection,
  reply: Reply,
  domain?: string,
): Promise<boolean> {
  if (reply.code === REPLIES.unknownDomainKey) return !isError(await keeper.reload(connection))
  if (reply.code !== REPLIES.needsDomainKey || domain === undefined) return false
  return !isError(await keeper.renew(connection, domain))
}

/** Requests that the key process has not answered. */
type Load = { inFlight: number }

function createAsk(supervisor: Supervisor, keeper: DomainKeyKeeper, load: Load): Ask {
  return async (op, fields, domain) => {
    if (load.inFlight >= KEY_REQUESTS_MAX) return error('ThrottlingException', 'Rate exceeded')
    load.inFlight += 1
    try {
      for (let attempt = 1; ; attempt++) {
        const next = supervisor.connection()
        const connection = next instanceof Promise ? await next : next
        const reply = await connection?.call(op, fields)
        if (!connection || !reply) return internal('the key process ended')
        if (reply.code === REPLIES.ok) return reply.fields
        if (attempt === ATTEMPTS_MAX || !(await provide(keeper, connection, reply, domain)))
          return ERRORS.get(reply.code) ?? internal('the key process answered nonsense')
      }
    } finally {
      load.inFlight -= 1
    }
  }
}

function parseMaterialId(bytes: Buffer): KeyMaterialId {
  return bytes.toString('hex') as KeyMaterialId
}

function parseWrappedKey(bytes: Buffer): WrappedKey {
  return bytes as Uint8Array as WrappedKey
}

const text = (value: string) => Buffer.from(value)

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

const NO_FIELD = internal('the key process left out a field')

/** The first field of an answer. */
function first(answer: ReturnType<Ask>): Promise<Buffer | ServiceError> {
  return answer.then((fields) => (isError(fields) ? fields : (fields[0] ?? NO_FIELD)))
}

/** Both fields of an answer. */
async function both(answer: ReturnType<Ask>): Promise<readonly [Buffer, Buffer] | ServiceError> {
  const fields = await answer
  if (isError(fields)) return fields
  const [one, other] = fields
  return one && other ? [one, other] : NO_FIELD
}

async function encrypted(answer: ReturnType<Ask>) {
  const ciphertext = await first(answer)
  return isError(ciphertext) ? ciphertext : { ciphertext }
}

async function newMaterial(answer: ReturnType<Ask>): Promise<NewMaterial | ServiceError> {
  const fields = await answer
  if (isError(fields)) return fields
  const [materialId, wrapped, publicKey] = fields
  if (!materialId || !wrapped) return NO_FIELD
  return {
    materialId: parseMaterialId(materialId),
    wrapped: parseWrappedKey(wrapped),
    ...(publicKey ? { publicKey } : {}),
  }
}

const mannerField = (manner: Manner) => (typeof manner === 'string' ? text(manner) : manner)

const signableFields = ({ algorithm, messageType, message }: Signable) => [text(algorithm), text(messageType), message]

async function dataKeyPair(answer: ReturnType<Ask>, withPlaintext: boolean): Promise<DataKeyPair | ServiceError> {
  const fields = await answer
  if (isError(fields)) return fields
  const [privateKey, [ciphertext, publicKey]] = withPlaintext ? [fields[0], fields.slice(1)] : [undefined, fields]
  if (!ciphertext || !publicKey) return NO_FIELD
  return { ciphertext, publicKey, ...(privateKey ? { privateKey } : {}) }
}

/** A secret that is shown once, and what is kept of it. */
async function shownOnce(answer: ReturnType<Ask>) {
  const made = await both(answer)
  if (isError(made)) return made
  const secret = made[0].toString('latin1')
  made[0].fill(0)
  return { secret, kept: made[1] }
}

type PrincipalCalls = Pick<
  KeyProcess,
  'createSecret' | 'deriveSigningKey' | 'createSession' | 'openSession' | 'createMfaSeed' | 'verifyMfaCode'
>

/** What principals prove themselves with. */
function principalCalls(ask: Ask): PrincipalCalls {
  return {
    async createSecret(accessKeyId) {
      const made = await shownOnce(ask('createSecret', [text(accessKeyId)], GLOBAL_DOMAIN))
      return isError(made) ? made : { secret: made.secret, wrapped: parseWrappedKey(made.kept) }
    },
    deriveSigningKey({ accessKeyId, wrappedSecret }, { date, region, service }) {
      return first(ask('deriveSigningKey', [text(accessKeyId), wrappedSecret, text(date), text(region), text(service)]))
    },
    async createSession(accessKeyId, record) {
      const made = await shownOnce(ask('createSession', [text(accessKeyId), record], GLOBAL_DOMAIN))
      return isError(made) ? made : { secret: made.secret, token: made.kept }
    },
    async openSession(accessKeyId, token, { date, region, service }) {
      const fields = [text(accessKeyId), token, text(date), text(region), text(service)]
      const opened = await both(ask('openSession', fields))
      return isError(opened) ? opened : { signingKey: opened[0], record: opened[1] }
    },
    async createMfaSeed(serialNumber) {
      const made = await shownOnce(ask('createMfaSeed', [text(serialNumber)], GLOBAL_DOMAIN))
      return isError(made) ? made : { seed: made.secret, wrapped: made.kept }
    },
    async verifyMfaCode({ serialNumber, wrappedSeed }, code, steps) {
      const fields = [text(serialNumber), wrappedSeed, text(code), u64(steps.first), Buffer.of(steps.count)]
      const step = await first(ask('verifyMfaCode', fields))
      return isError(step) ? step : Number(step.readBigUInt64BE())
    },
  }
}

type Calls = Omit<KeyProcess, 'forget'>

/** Every call as one message. */
function callsOver(ask: Ask): Calls {
  const askFor = (recipient: Recipient | undefined, op: Op, fields: readonly Uint8Array[]) =>
    recipient ? ask('forRecipient', [recipient.document, Buffer.of(OPS[op]), encodeFields(fields)]) : ask(op, fields)
  return {
    createMaterial: (_proof, binding) => newMaterial(ask('createMaterial', bindingFields(binding), binding.region)),
    adoptMaterial: (_proof, binding, material) =>
      newMaterial(ask('adoptMaterial', [...bindingFields(binding), material], binding.region)),
    async rewrapMaterial(_proof, source, region) {
      const wrapped = await first(ask('rewrapMaterial', [materialField(source), text(region)], region))
      return isError(wrapped) ? wrapped : parseWrappedKey(wrapped)
    },
    async createImportParameters(_proof, { account, region, keyId }, { algorithm, keySpec, validTo }) {
      const named = [account, region, keyId, algorithm, keySpec].map(text)
      const made = await both(ask('createImportParameters', [...named, u64(validTo)], region))
      return isError(made) ? made : { token: made[0], publicKey: made[1] }
    },
    importMaterial: (_proof, binding, { token, now, wrapped }) =>
      newMaterial(ask('importMaterial', [...bindingFields(binding), token, u64(now), wrapped], binding.region)),
    encrypt: (key, plaintext, manner) =>
      encrypted(ask('encrypt', [materialField(key), plaintext, mannerField(manner)])),
    decrypt: (key, ciphertext, manner, recipient) =>
      first(askFor(recipient, 'decrypt', [materialField(key), ciphertext, mannerField(manner)])),
    reEncrypt(source, from, destination, to) {
      const fromFields = [materialField(source), from.ciphertext, mannerField(from.manner)]
      return encrypted(ask('reEncrypt', [...fromFields, materialField(destination), mannerField(to.manner)]))
    },
    async generateDataKey(key, { bytes, withPlaintext }, context, recipient) {
      const fields = [materialField(key), u32(bytes), context]
      if (!withPlaintext) return encrypted(ask('generateDataKeyWithoutPlaintext', fields))
      const made = await both(askFor(recipient, 'generateDataKey', fields))
      return isError(made) ? made : { plaintext: made[0], ciphertext: made[1] }
    },
    generateRandom: (_proof, bytes, recipient) => first(askFor(recipient, 'generateRandom', [u32(bytes)])),
    generateMac: (key, algorithm, message) => first(ask('generateMac', [materialField(key), text(algorithm), message])),
    async verifyMac(key, algorithm, message, mac) {
      const answer = await ask('verifyMac', [materialField(key), text(algorithm), message, mac])
      return isError(answer) ? answer : undefined
    },
    sign: (key, signable) => first(ask('sign', [materialField(key), ...signableFields(signable)])),
    async verify(key, signable, signature) {
      const answer = await ask('verify', [materialField(key), ...signableFields(signable), signature])
      return isError(answer) ? answer : undefined
    },
    deriveSharedSecret: (key, publicKey, recipient) =>
      first(askFor(recipient, 'deriveSharedSecret', [materialField(key), publicKey])),
    generateDataKeyPair(key, { keyPairSpec, withPlaintext }, context, recipient) {
      const fields = [materialField(key), text(keyPairSpec), context]
      if (!withPlaintext) return dataKeyPair(ask('generateDataKeyPairWithoutPlaintext', fields), false)
      return dataKeyPair(askFor(recipient, 'generateDataKeyPair', fields), true)
    },
    async publicKey(key) {
      const { publicKey } = key.material
      if (!publicKey) return internal('a key pair has no public key')
      const answer = await ask('checkPublicKey', [materialField(key), publicKey])
      return isError(answer) ? answer : publicKey
    },
    async wrapKeyStoreSecret(_proof, { account, region, id }, secret) {
      const fields = [text(region), text(account), text(id), secret]
      const wrapped = await first(ask('wrapKeyStoreSecret', fields, region))
      return isError(wrapped) ? wrapped : parseWrappedKey(wrapped)
    },
    ...principalCalls(ask),
    async createDigestKey() {
      const made = await both(ask('createDigestKey', [text('RSA_2048')], GLOBAL_DOMAIN))
      return isError(made) ? made : { wrapped: parseWrappedKey(made[0]), publicKey: made[1] }
    },
    signDigest: (wrapped, digest) => first(ask('signDigest', [wrapped, text(digest)])),
    signGrantToken: (_proof, token) => first(ask('signGrantToken', [text(token)])),
    async verifyGrantToken(token, signature) {
      const answer = await ask('verifyGrantToken', [text(token), signature])
      return isError(answer) ? answer : undefined
    },
  }
}

/**
 * Starts the key process, hands it the domain keys of the store, and keeps it running.
 *
 * @returns the key process, to be disposed of; `KMSInternalException` with one line for the operator when it does not prove
 *   its cage or its algorithms, or when the root key does not open this store. While a process that ended is being replaced,
 *   calls wait for KEY_PROCESS_WAIT_MS; those that it had not answered get `KMSInternalException`, which clients retry.
 */
export async function openKeyProcess(options: KeyProcessOptions): Promise<OpenKeyProcess | ServiceError> {
  const keeper = await createDomainKeyKeeper(options.domainKeys)
  const start = async (begun = startOne(options)): Promise<Connection | string> => {
    const connection = await begun
    if (typeof connection === 'string') return connection
    const failure = await keeper.handOver(connection)
    if (failure === undefined) return connection
    connection.kill()
    await connection.ended
    return failure
  }
  const opened = await start(options.begun?.connection)
  if (typeof opened === 'string') return error('KMSInternalException', opened)
  const supervisor = supervise(opened, () => start(), options.log ?? (() => {}))
  const load = { inFlight: 0 }
  return {
    ...callsOver(createAsk(supervisor, keeper, load)),
    async forget(materialIds) {
      if (materialIds.length > 0) await supervisor.replace()
    },
    get health() {
      return supervisor.health
    },
    get inFlight() {
      return load.inFlight
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  }
}
