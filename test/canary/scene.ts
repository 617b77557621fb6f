import { createHmac, createPrivateKey, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Credentials, type KmsClient, openKmsClient, readCredentials } from '../../scripts/kms-client.ts'
import { startTrentProcess, type TrentProcess } from '../../scripts/trent-process.ts'
import { decryptCiphertext, derive, openStore } from '../formats/decoder.ts'
import { type Answer, succeeded } from '../support/answer.ts'
import { wrapFor } from '../support/import.ts'
import { HEAP_SNAPSHOT_ARGS, heapSnapshot } from './heap-snapshot.ts'
import { openSearch, type Search, type Secret, searchMemory } from './search.ts'

/** Milliseconds in which a process that has nothing to do any more lets go of the requests it answered. */
const REST_MS = 500

/** Everything that can be looked into once the requests are answered. */
export type Scene = {
  readonly data: string
  /** What the service wrote to stdout and stderr. */
  readonly output: string
  readonly refusals: readonly Answer[]
  /** The heap of the API process, after a collection. */
  readonly snapshot: Buffer
  /** A search through all memory of the API process, for what never may be there and for what must be. */
  readonly memory: Search
  readonly memoryBytes: number
  /** What never leaves the key process. */
  readonly inside: readonly Secret[]
  /** What passes the API process because it is the question or the answer. */
  readonly passing: readonly Secret[]
  /** What the API process does hold: a search that does not find it finds nothing. */
  readonly control: Secret
  readonly accessKeyId: string
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const fromBase64 = (text: string) => Buffer.from(text, 'base64')

/** Requests of every kind that are refused while secrets are at hand. */
function refusedCalls(client: KmsClient, keyId: string, blob: string, secret: string): Promise<readonly Answer[]> {
  const calls: ReadonlyArray<readonly [string, object]> = [
    ['Decrypt', { CiphertextBlob: blob, EncryptionContext: { wrong: 'context' } }],
    ['Decrypt', { CiphertextBlob: base64(Buffer.concat([fromBase64(blob), Buffer.alloc(1)])) }],
    ['Encrypt', { KeyId: 'alias/none', Plaintext: secret }],
    ['Encrypt', { KeyId: keyId, Plaintext: `${secret}!` }],
    ['Encrypt', { KeyId: keyId, Plaintext: secret, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
    ['GenerateMac', { KeyId: keyId, Message: secret, MacAlgorithm: 'HMAC_SHA_256' }],
    ['NoSuchOperation', { Plaintext: secret }],
  ]
  return Promise.all(calls.map(([operation, input]) => client.call(operation, input)))
}

/** Brings material that is in the clear in this process and in the key process, and nowhere between them. */
async function importMaterial(client: KmsClient): Promise<void> {
  const WrappingAlgorithm = 'RSAES_OAEP_SHA_256'
  const { KeyId } = succeeded(await client.call('CreateKey', { Origin: 'EXTERNAL' })).KeyMetadata
  const prepared = await client.call('GetParametersForImport', {
    KeyId,
    WrappingAlgorithm,
    WrappingKeySpec: 'RSA_2048',
  })
  const { ImportToken, PublicKey } = JSON.parse(prepared.text)
  const EncryptedKeyMaterial = base64(wrapFor(fromBase64(PublicKey), WrappingAlgorithm, randomBytes(32)))
  const forEver = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
  succeeded(await client.call('ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial, ...forEver }))
  succeeded(await client.call('Encrypt', { KeyId, Plaintext: base64(randomBytes(32)) }))
}

/** Calls of every kind. @returns the secrets that their answers made. */
async function callEverything(client: KmsClient) {
  const call = async (operation: string, input: object) => succeeded(await client.call(operation, input))
  const KeyId = (await call('CreateKey', {})).KeyMetadata.KeyId
  const mac = await call('CreateKey', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const plaintext = randomBytes(32)
  const { CiphertextBlob } = await call('Encrypt', { KeyId, Plaintext: base64(plaintext) })
  const refusals = await refusedCalls(client, KeyId, CiphertextBlob, base64(plaintext))
  await call('Decrypt', { CiphertextBlob })
  await call('ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId })
  const Message = base64(randomBytes(32))
  await call('GenerateMac', { KeyId: mac.KeyMetadata.KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' })
  const pair = (await call('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })).KeyMetadata.KeyId
  await call('Sign', { KeyId: pair, Message, SigningAlgorithm: 'ECDSA_SHA_256' })
  await importMaterial(client)
  const dataKey = await call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
  const hidden = await call('GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' })
  const passing: readonly Secret[] = [
    { name: 'a plaintext', bytes: plaintext },
    { name: 'a data key', bytes: fromBase64(dataKey.Plaintext) },
  ]
  return { refusals, passing, hiddenBlob: fromBase64(hidden.CiphertextBlob) }
}

/** The secret number of an elliptic curve's private key; nothing for other material. */
function scalarOf(bytes: Buffer): Buffer | undefined {
  // DER of a SEQUENCE; random material of 32 bytes that begins so by chance has another length.
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) return undefined
  const { d } = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
  return d === undefined ? undefined : Buffer.from(d, 'base64url')
}

/** What only the key process may ever hold, read from the store with the root key. */
function secretsInside(data: string, hiddenBlob: Buffer): readonly Secret[] {
  const { rootKey, domainKeys, materials, secrets } = openStore(data)
  const wrapping = derive(rootKey, 'trent/v1/wrap-domain-key', Buffer.alloc(0))
  return [
    { name: 'the root key', bytes: rootKey },
    { name: 'the key that wraps domain keys', bytes: wrapping },
    ...domainKeys.map(({ domain, bytes }) => ({ name: `the domain key of ${domain}`, bytes })),
    ...materials.map(({ keyId, bytes }) => ({ name: `the material of ${keyId}`, bytes: scalarOf(bytes) ?? bytes })),
    ...[...secrets.values()].map((text) => ({ name: 'the secret access key', bytes: Buffer.from(text) })),
    { name: 'a data key that nobody was told', bytes: decryptCiphertext(materials, hiddenBlob, {}) },
  ]
}

/** Today's signing key: all that the API process may know of a secret access key. */
function signingKey({ secretAccessKey }: Credentials): Secret {
  const date = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const steps = [date, 'us-east-1', 'kms', 'aws4_request']
  const bytes = steps.reduce(
    (key, step) => createHmac('sha256', key).update(step).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
  return { name: 'the signing key', bytes }
}

async function lookInside(trent: TrentProcess, snapshots: string, secrets: readonly Secret[]) {
  await delay(REST_MS)
  const snapshot = await heapSnapshot(trent.pid, snapshots)
  const memory = openSearch(secrets)
  const memoryBytes = process.platform === 'linux' ? searchMemory(memory, trent.pid) : 0
  return { output: trent.output(), snapshot, memory, memoryBytes }
}

/**
 * A service after calls of every kind. It was started once before: at its first start the API process writes the root
 * access key into the credentials file, and then never sees it again.
 */
export async function serviceScene(data: string, snapshots: string): Promise<Scene> {
  await (await startTrentProcess({ mode: 'serve', data })).stop()
  await using trent = await startTrentProcess({ mode: 'serve', data, nodeArgs: HEAP_SNAPSHOT_ARGS(snapshots) })
  const credentials = readCredentials(data)
  const client = openKmsClient({ url: trent.url, credentials })
  const { refusals, passing, hiddenBlob } = await callEverything(client)
  client.close()
  const inside = secretsInside(data, hiddenBlob)
  const control = signingKey(credentials)
  const looked = await lookInside(trent, snapshots, [...inside, control])
  return { data, refusals, inside, passing, control, accessKeyId: credentials.accessKeyId, ...looked }
}

/** An emulator that was given key material in the clear. */
export async function emulatorScene(data: string, snapshots: string): Promise<Scene> {
  await using trent = await startTrentProcess({ mode: 'dev', data, nodeArgs: HEAP_SNAPSHOT_ARGS(snapshots) })
  const credentials = { accessKeyId: 'AKIACANARYEXAMPLE', secretAccessKey: base64(randomBytes(30)) }
  const client = openKmsClient({ url: trent.url, credentials })
  const material = randomBytes(32)
  const refused = randomBytes(31)
  const withMaterial = (bytes: Buffer) => ({ Tags: [{ TagKey: '_custom_key_material_', TagValue: base64(bytes) }] })
  const { KeyMetadata } = succeeded(await client.call('CreateKey', withMaterial(material)))
  const { KeyId } = KeyMetadata
  const hidden = succeeded(await client.call('GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' }))
  succeeded(await client.call('DescribeKey', { KeyId }))
  const refusals = [await client.call('CreateKey', withMaterial(refused))]
  client.close()
  const hiddenBlob = fromBase64(hidden.CiphertextBlob)
  // What was brought in the clear did pass the API process; all else never left the key process.
  const brought = new Set([base64(material)])
  const inside = secretsInside(data, hiddenBlob).filter(({ bytes }) => !brought.has(base64(bytes)))
  const passing: readonly Secret[] = [
    { name: 'material that was brought', bytes: material },
    { name: 'material that was brought and refused', bytes: refused },
    { name: 'the secret of made-up credentials', bytes: Buffer.from(credentials.secretAccessKey) },
  ]
  const control = { name: 'the access key id', bytes: Buffer.from(credentials.accessKeyId) }
  const looked = await lookInside(trent, snapshots, [...inside, control])
  return { data, refusals, inside, passing, control, accessKeyId: credentials.accessKeyId, ...looked }
}
