import assert from 'node:assert/strict'
import fc from 'fast-check'
import { denied, expects, learn, type Refusal, refused, refusedByState, refusedByUsage, used } from './expectation.ts'
import {
  type Ciphertext,
  type Context,
  currentMaterial,
  isSymmetric,
  keyIn,
  keysOf,
  type ModelKey,
  type Region,
  type World,
} from './state.ts'
import { chosen, chosenKey, nameOf, nth, often, region, seldom, step } from './step.ts'

const OAEP = 'RSAES_OAEP_SHA_256'
const SYMMETRIC = 'SYMMETRIC_DEFAULT'
/** Ciphertexts of one history that are kept. */
const KEPT_MAX = 40

const encrypts = ({ family }: ModelKey): boolean => family.usage === 'ENCRYPT_DECRYPT'
const algorithmOf = ({ family }: ModelKey): string => (family.spec === 'RSA_2048' ? OAEP : SYMMETRIC)
const contexts = fc.constantFrom<Context>({}, { a: '1' }, { a: '1', b: '2' })

export function keep(world: World, ciphertext: Ciphertext): void {
  if (world.ciphertexts.length < KEPT_MAX) world.ciphertexts.push(ciphertext)
}

const refusedByAlgorithm = ({ family }: ModelKey, algorithm: string): Refusal | undefined =>
  (family.spec === 'RSA_2048') === (algorithm === OAEP)
    ? undefined
    : ['InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${family.spec}.`]

export const encryptsText = step(
  'encrypt',
  fc.record({ key: nth, fits: often, text: fc.constantFrom('x', 'attack at dawn'), context: contexts, dry: seldom }),
  async (world, { key: pick, fits, text, context, dry }) => {
    const key = chosenKey(world, pick, encrypts)
    if (!key) return
    const own = algorithmOf(key)
    const algorithm = fits ? own : own === OAEP ? SYMMETRIC : OAEP
    const used_ = algorithm === SYMMETRIC ? context : {}
    const plaintext = Buffer.from(text).toString('base64')
    const refusal =
      refused(key, 'Encrypt') ?? refusedByUsage(key, 'Encrypt', 'ENCRYPT_DECRYPT') ?? refusedByAlgorithm(key, algorithm)
    const input = {
      KeyId: nameOf(key, pick),
      Plaintext: plaintext,
      EncryptionAlgorithm: algorithm,
      ...(Object.keys(used_).length === 0 ? {} : { EncryptionContext: used_ }),
      ...(dry ? { DryRun: true } : {}),
    }
    const answer = await expects(world, 'Encrypt', input, key, refusal ?? dried(dry))
    if (!answer) return
    assert.equal(answer.KeyId, key.arn)
    used(world, key, 'Encrypt')
    const material = isSymmetric(key.family) ? currentMaterial(key.family) : undefined
    keep(world, { blob: answer.CiphertextBlob, family: key.family, material, algorithm, context: used_, plaintext })
  },
)

/** A dry run that would succeed says so with an error. */
export const dried = (dry: boolean): Refusal | undefined =>
  dry ? ['DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.'] : undefined

/** The key that a symmetric ciphertext names, as one Region sees it. */
function maker(world: World, { family, material }: Ciphertext, place: Region): ModelKey | undefined {
  return material && keyIn(world, family, place)
}

const WRONG_KEY: Refusal = [
  'IncorrectKeyException',
  'The key ID in the request does not identify a CMK that can perform this operation.',
]
const BAD_CIPHERTEXT: Refusal = ['InvalidCiphertextException', null]

type Source = { readonly ciphertext: Ciphertext; readonly named: ModelKey | undefined; readonly place: Region }

/** Whether the source of a decryption is found and allowed; `key` is what it turns out to be. */
function findSource(world: World, { ciphertext, named, place }: Source) {
  if (named?.isGone) return { refusal: notFound(named) }
  const made = maker(world, ciphertext, place)
  const key = named ?? made
  if (!key) return { refusal: ['AccessDeniedException'] as const satisfies Refusal }
  return { key, isOther: ciphertext.algorithm === SYMMETRIC && key !== made, isLost: made === undefined }
}
const notFound = ({ arn }: ModelKey): Refusal => ['NotFoundException', `Key '${arn}' does not exist`]

/** A ciphertext whose maker is gone shows nothing that another key could be compared with. */
function refusedSource(key: ModelKey, isOther: boolean, isLost: boolean): Refusal | undefined {
  if (!isOther) return undefined
  if (!isLost) return WRONG_KEY
  return key.family.spec.startsWith('HMAC') || isSymmetric(key.family) ? BAD_CIPHERTEXT : undefined
}

/** How an RSA ciphertext answers to a key: only its own opens it. */
function refusedRsa({ ciphertext }: Source, key: ModelKey): Refusal | undefined {
  return ciphertext.algorithm === OAEP && key.family !== ciphertext.family ? BAD_CIPHERTEXT : undefined
}

const given = (context: Context, isRight: boolean): Context => (isRight ? context : { ...context, z: '9' })

export async function decrypt(
  world: World,
  source: Source,
  { isRight = true, dry = false, pick = 0 } = {},
): Promise<void> {
  const { ciphertext, named, place } = source
  const { algorithm } = ciphertext
  const found = findSource(world, source)
  const isRightContext = isRight || algorithm === OAEP
  const refusal = found.key
    ? (denied(found.key, 'Decrypt') ??
      refusedByState(found.key, 'Decrypt') ??
      refusedSource(found.key, found.isOther, found.isLost) ??
      refusedByUsage(found.key, 'Decrypt', 'ENCRYPT_DECRYPT') ??
      refusedByAlgorithm(found.key, algorithm) ??
      refusedRsa(source, found.key) ??
      (isRightContext ? undefined : BAD_CIPHERTEXT))
    : found.refusal
  const context = algorithm === OAEP ? {} : given(ciphertext.context, isRight)
  const input = {
    CiphertextBlob: ciphertext.blob,
    ...(algorithm === OAEP ? { EncryptionAlgorithm: OAEP } : {}),
    ...(named ? { KeyId: nameOf(named, pick) } : {}),
    ...(Object.keys(context).length === 0 ? {} : { EncryptionContext: context }),
    ...(dry ? { DryRun: true } : {}),
  }
  const answer = await expects(world, 'Decrypt', input, { region: place }, refusal ?? dried(dry))
  if (!answer || !found.key) return
  assert.equal(answer.KeyId, found.key.arn)
  if (ciphertext.material) learn(world, ciphertext.material, answer.KeyMaterialId)
  opened(ciphertext, answer.Plaintext)
  used(world, found.key, 'Decrypt')
}

function opened(ciphertext: Ciphertext, plaintext: string): void {
  if (ciphertext.plaintext !== undefined) {
    assert.equal(plaintext, ciphertext.plaintext)
    return
  }
  if (ciphertext.bytes !== undefined) assert.equal(Buffer.from(plaintext, 'base64').length, ciphertext.bytes)
  ciphertext.plaintext = plaintext
}

/** Where a ciphertext is taken to: its own Region mostly, or one that may have no related key. */
function placeOf(world: World, { family }: Ciphertext, at: Region, isHome: boolean): Region {
  const related = keysOf(world, family).map((key) => key.region)
  return isHome && related.length > 0 && !related.includes(at) ? family.primary : at
}

export const decryptsText = step(
  'decrypt',
  fc.record({
    text: fc.nat(39),
    key: nth,
    named: fc.boolean(),
    other: seldom,
    at: region,
    isHome: often,
    isRight: often,
    dry: seldom,
  }),
  async (world, { text, key: pick, named, other, at, isHome, isRight, dry }) => {
    const ciphertext = chosen(world.ciphertexts, text)
    if (!ciphertext) return
    const place = placeOf(world, ciphertext, at, isHome)
    const own = world.keys.find((key) => key.family === ciphertext.family && key.region === place)
    const wrong = other
      ? chosen(
          world.keys.filter(({ region: where }) => where === place),
          pick,
        )
      : undefined
    // What RSA encrypted names no key.
    const key = wrong ?? (named || ciphertext.algorithm === OAEP ? own : undefined)
    if (!key && ciphertext.algorithm === OAEP) return
    await decrypt(world, { ciphertext, named: key, place }, { isRight, dry, pick })
  },
)

export const reEncrypts = step(
  'reEncrypt',
  fc.record({ text: fc.nat(39), to: nth, named: fc.boolean(), isRight: often, context: contexts }),
  async (world, { text, to, named, isRight, context }) => {
    const ciphertext = chosen(world.ciphertexts, text)
    const destination = chosenKey(world, to, encrypts)
    if (!ciphertext || !destination) return
    const place = destination.region
    const own = world.keys.find((key) => key.family === ciphertext.family && key.region === place)
    const key = named || ciphertext.algorithm === OAEP ? own : undefined
    if (!key && ciphertext.algorithm === OAEP) return
    await reEncrypt(world, { ciphertext, named: key, place }, destination, { isRight, context })
  },
)

async function reEncrypt(
  world: World,
  source: Source,
  destination: ModelKey,
  { isRight, context }: { readonly isRight: boolean; readonly context: Context },
): Promise<void> {
  const { ciphertext, named, place } = source
  const from = ciphertext.algorithm
  const to = algorithmOf(destination)
  const found = findSource(world, source)
  const contextFrom = from === OAEP ? {} : given(ciphertext.context, isRight)
  const contextTo = to === OAEP ? {} : context
  const refusal = refusedReEncryption(source, found, destination, isRight || from === OAEP)
  const input = {
    CiphertextBlob: ciphertext.blob,
    SourceEncryptionAlgorithm: from,
    DestinationEncryptionAlgorithm: to,
    DestinationKeyId: destination.arn,
    ...(named ? { SourceKeyId: named.arn } : {}),
    SourceEncryptionContext: contextFrom,
    DestinationEncryptionContext: contextTo,
  }
  const sent = Object.fromEntries(Object.entries(input).filter(([, value]) => JSON.stringify(value) !== '{}'))
  const answer = await expects(world, 'ReEncrypt', sent, { region: place }, refusal)
  if (!answer || !found.key) return
  assert.deepEqual([answer.SourceKeyId, answer.KeyId], [found.key.arn, destination.arn])
  const material = isSymmetric(destination.family) ? currentMaterial(destination.family) : undefined
  if (ciphertext.material) learn(world, ciphertext.material, answer.SourceKeyMaterialId)
  if (material) learn(world, material, answer.DestinationKeyMaterialId)
  used(world, found.key, 'ReEncrypt')
  used(world, destination, 'ReEncrypt')
  const { plaintext, bytes } = ciphertext
  const known = { ...(plaintext === undefined ? {} : { plaintext }), ...(bytes === undefined ? {} : { bytes }) }
  keep(world, {
    blob: answer.CiphertextBlob,
    family: destination.family,
    material,
    algorithm: to,
    context: contextTo,
    ...known,
  })
}

function refusedReEncryption(
  source: Source,
  found: ReturnType<typeof findSource>,
  destination: ModelKey,
  isRight: boolean,
): Refusal | undefined {
  const { key } = found
  if (!key) return found.refusal
  const wrong = refusedSource(key, found.isOther, found.isLost)
  // A wrong source is told before the destination is looked at.
  if (wrong?.[0] === 'IncorrectKeyException') return wrong
  if (destination.isGone) return notFound(destination)
  return (
    refusedByState(key, 'ReEncrypt') ??
    refusedByState(destination, 'ReEncrypt') ??
    wrong ??
    refusedByUsage(key, 'ReEncrypt', 'ENCRYPT_DECRYPT') ??
    refusedByAlgorithm(key, source.ciphertext.algorithm) ??
    refusedByUsage(destination, 'ReEncrypt', 'ENCRYPT_DECRYPT') ??
    refusedRsa(source, key) ??
    (isRight ? undefined : BAD_CIPHERTEXT) ??
    tooLong(source.ciphertext, destination)
  )
}

/** RSA-2048 with OAEP and SHA-256 takes 190 bytes. */
const tooLong = ({ plaintext, bytes }: Ciphertext, { family }: ModelKey): Refusal | undefined =>
  family.spec === 'RSA_2048' && (bytes ?? Buffer.from(plaintext ?? '', 'base64').length) > 190
    ? ['ValidationException', `Algorithm ${OAEP} and key spec RSA_2048 cannot encrypt data larger than 190 bytes.`]
    : undefined
