import assert from 'node:assert/strict'
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { dried } from './encryption.ts'
import { expects, type Refusal, refused, refusedByUsage, used } from './expectation.ts'
import { type ModelKey, type Signature, SPECS, type World } from './state.ts'
import { chosen, chosenKey, nameOf, nth, often, region, seldom, step } from './step.ts'

/** The algorithm that is used with each spec; the keys of the first two tables sign, of the last make MACs. */
const SIGNERS: { readonly [spec: string]: string } = {
  ECC_NIST_P256: 'ECDSA_SHA_256',
  ECC_NIST_P384: 'ECDSA_SHA_384',
  ECC_NIST_P521: 'ECDSA_SHA_512',
  ECC_SECG_P256K1: 'ECDSA_SHA_256',
  ECC_NIST_EDWARDS25519: 'ED25519_SHA_512',
  ML_DSA_44: 'ML_DSA_SHAKE_256',
  ML_DSA_65: 'ML_DSA_SHAKE_256',
  ML_DSA_87: 'ML_DSA_SHAKE_256',
  RSA_2048: 'RSASSA_PSS_SHA_256',
}
const MACS: { readonly [spec: string]: string } = {
  HMAC_224: 'HMAC_SHA_224',
  HMAC_256: 'HMAC_SHA_256',
  HMAC_384: 'HMAC_SHA_384',
  HMAC_512: 'HMAC_SHA_512',
}
/** What one history keeps of each. */
const KEPT_MAX = 20

const messages = fc.constantFrom('bQ==', 'YXR0YWNr')

type Manner = {
  readonly make: string
  readonly check: string
  readonly usage: string
  readonly algorithms: { readonly [spec: string]: string }
  readonly member: 'SigningAlgorithm' | 'MacAlgorithm'
  readonly value: 'Signature' | 'Mac'
  readonly bad: string
  readonly kept: (world: World) => Signature[]
}
const SIGNATURES: Manner = {
  make: 'Sign',
  check: 'Verify',
  usage: 'SIGN_VERIFY',
  algorithms: SIGNERS,
  member: 'SigningAlgorithm',
  value: 'Signature',
  bad: 'KMSInvalidSignatureException',
  kept: ({ signatures }) => signatures,
}
const CODES: Manner = {
  make: 'GenerateMac',
  check: 'VerifyMac',
  usage: 'GENERATE_VERIFY_MAC',
  algorithms: MACS,
  member: 'MacAlgorithm',
  value: 'Mac',
  bad: 'KMSInvalidMacException',
  kept: ({ macs }) => macs,
}

const refusedByAlgorithm = ({ family }: ModelKey, own: string | undefined, algorithm: string): Refusal | undefined =>
  own === algorithm
    ? undefined
    : ['InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${family.spec}.`]

async function make(
  world: World,
  manner: Manner,
  picked: { key: number; message: string; fits: boolean; dry: boolean },
) {
  const { key: pick, message, fits, dry } = picked
  const key = chosenKey(world, pick, ({ family }) => family.usage === manner.usage)
  if (!key) return
  const own = manner.algorithms[key.family.spec]
  const other = Object.values(manner.algorithms).find((each) => each !== own) ?? ''
  const algorithm = fits ? (own ?? other) : other
  const refusal =
    refused(key, manner.make) ??
    refusedByUsage(key, manner.make, manner.usage) ??
    refusedByAlgorithm(key, own, algorithm)
  const input = {
    KeyId: nameOf(key, pick),
    Message: message,
    [manner.member]: algorithm,
    ...(dry ? { DryRun: true } : {}),
  }
  const answer = await expects(world, manner.make, input, key, refusal ?? dried(dry))
  if (!answer) return
  assert.deepEqual([answer.KeyId, answer[manner.member]], [key.arn, algorithm])
  used(world, key, manner.make)
  const kept = manner.kept(world)
  if (kept.length < KEPT_MAX) kept.push({ family: key.family, algorithm, message, value: answer[manner.value] })
}

async function check(world: World, manner: Manner, picked: { nth: number; at: string; other: boolean; same: boolean }) {
  const signature = chosen(manner.kept(world), picked.nth)
  if (!signature) return
  const home = world.keys.filter(({ family }) => family === signature.family)
  const key = picked.other
    ? chosenKey(world, picked.nth, ({ family }) => family.usage === manner.usage)
    : (home.find((each) => each.region === picked.at) ?? home[0])
  if (!key) return
  const message = picked.same ? signature.message : 'ZWxzZQ=='
  const isGood = key.family === signature.family && picked.same
  const refusal =
    refused(key, manner.check) ??
    refusedByUsage(key, manner.check, manner.usage) ??
    refusedByAlgorithm(key, manner.algorithms[key.family.spec], signature.algorithm) ??
    (isGood ? undefined : ([manner.bad, null] as const satisfies Refusal))
  const input = {
    KeyId: key.arn,
    Message: message,
    [manner.member]: signature.algorithm,
    [manner.value]: signature.value,
  }
  const answer = await expects(world, manner.check, input, key, refusal)
  if (!answer) return
  assert.equal(answer[`${manner.value}Valid`], true)
  used(world, key, manner.check)
}

const making = fc.record({ key: nth, message: messages, fits: often, dry: seldom })
const checking = fc.record({ nth: fc.nat(19), at: region, other: seldom, same: often })
export const signs = step('sign', making, (world, picked) => make(world, SIGNATURES, picked))
export const verifies = step('verify', checking, (world, picked) => check(world, SIGNATURES, picked))
export const makesMacs = step('generateMac', making, (world, picked) => make(world, CODES, picked))
export const verifiesMacs = step('verifyMac', checking, (world, picked) => check(world, CODES, picked))

/** Those with whom secrets are shared, one for each curve. */
const PEERS = {
  ECC_NIST_P256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ECC_NIST_P521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
} as const

const agrees = ({ family }: ModelKey): boolean => family.usage === 'KEY_AGREEMENT'

export const derivesSecret = step('deriveSharedSecret', fc.record({ key: nth, dry: seldom }), async (world, picked) => {
  const key = chosenKey(world, picked.key, agrees)
  if (!key) return
  const peer = PEERS[key.family.spec === 'ECC_NIST_P521' ? 'ECC_NIST_P521' : 'ECC_NIST_P256']
  const PublicKey = peer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const input = { KeyId: nameOf(key, picked.key), KeyAgreementAlgorithm: 'ECDH', PublicKey }
  const refusal = refused(key, 'DeriveSharedSecret') ?? refusedByUsage(key, 'DeriveSharedSecret', 'KEY_AGREEMENT')
  const sent = picked.dry ? { ...input, DryRun: true } : input
  const answer = await expects(world, 'DeriveSharedSecret', sent, key, refusal ?? dried(picked.dry))
  if (!answer) return
  used(world, key, 'DeriveSharedSecret')
  const publicKey = await publicKeyOf(world, key)
  const own = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  const secret = diffieHellman({ privateKey: peer.privateKey, publicKey: own })
  assert.equal(answer.SharedSecret, secret.toString('base64'))
})

/** The same in every Region and for ever. */
async function publicKeyOf(world: World, key: ModelKey): Promise<string> {
  const { PublicKey } = await expects(world, 'GetPublicKey', { KeyId: key.arn }, key, undefined)
  key.family.publicKey ??= PublicKey
  assert.equal(PublicKey, key.family.publicKey)
  return String(PublicKey)
}

export const getsPublicKey = step('getPublicKey', nth, async (world, pick) => {
  const key = chosenKey(world, pick, ({ family }) => SPECS[family.spec].class === 'asymmetric')
  if (!key) return
  const kind: Refusal | undefined =
    SPECS[key.family.spec].class === 'asymmetric' ? undefined : ['UnsupportedOperationException']
  const refusal = refused(key, 'GetPublicKey') ?? kind
  if (refusal) await expects(world, 'GetPublicKey', { KeyId: nameOf(key, pick) }, key, refusal)
  else await publicKeyOf(world, key)
})
