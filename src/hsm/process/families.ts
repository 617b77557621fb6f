import { hash } from 'node:crypto'
import type { KeyPairSpec } from '../../domain/key-spec.ts'
import { sharedSecret } from './agreement.ts'
import { IMPLEMENTATIONS } from './algorithms.ts'
import { type KeyPair, openKeyPair } from './key-pair.ts'
import { CURVES, type CurveAnswers, ED25519, MESSAGE, ML_DSA, RSA } from './known-answers.ts'
import { decryptRsa, rsaCipher } from './rsa-cipher.ts'
import { type Signer, type SigningKey, signerOf } from './signature.ts'

/** Algorithms that are proven together: those of one curve, of one parameter set, or of RSA. */
const FAMILIES = {
  RSA_2048: 'RSA',
  RSA_3072: 'RSA',
  RSA_4096: 'RSA',
  ECC_NIST_P256: 'ECC_NIST_P256',
  ECC_NIST_P384: 'ECC_NIST_P384',
  ECC_NIST_P521: 'ECC_NIST_P521',
  ECC_SECG_P256K1: 'ECC_SECG_P256K1',
  ECC_NIST_EDWARDS25519: 'Ed25519',
  ML_DSA_44: 'ML_DSA_44',
  ML_DSA_65: 'ML_DSA_65',
  ML_DSA_87: 'ML_DSA_87',
} as const satisfies Record<KeyPairSpec, string>
export type Family = (typeof FAMILIES)[KeyPairSpec]

export const familyOf = (keySpec: KeyPairSpec): Family => FAMILIES[keySpec]

const base64 = (text: string) => Buffer.from(text, 'base64')
const hex = (text: string) => Buffer.from(text, 'hex')

function opened(keySpec: KeyPairSpec, pkcs8: Buffer): SigningKey {
  const pair: KeyPair | undefined = openKeyPair(keySpec, pkcs8)
  if (!pair) throw new TypeError('a known private key does not open')
  return { ...pair, keySpec }
}

function signer(keySpec: KeyPairSpec, algorithm: string, messageType: string): Signer {
  const found = signerOf(keySpec, algorithm, messageType)
  if (!found) throw new TypeError('a known answer is of no algorithm')
  return found
}

/** Some steps take milliseconds of this thread: requests have their turn between them. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Whether both ways to sign a message verify both ways, and both accept the known signature and refuse another. */
async function agreesOn(
  key: SigningKey,
  one: readonly [Signer, Buffer],
  other: readonly [Signer, Buffer],
  known?: Buffer,
): Promise<boolean> {
  for (const [signing, message] of [one, other])
    for (const [verifying, same] of [one, other]) {
      await turn()
      const signature = known ?? (await signing.sign(key, message))
      await turn()
      if (!(await verifying.verify(key, same, signature))) return false
      await turn()
      const changed = Buffer.concat([same.subarray(1), Buffer.of(1)])
      if (await verifying.verify(key, changed, signature)) return false
    }
  return true
}

async function rsa(): Promise<boolean> {
  const key = opened('RSA_2048', base64(RSA.privateKey))
  const message = Buffer.from(MESSAGE)
  const digest = hash('sha256', message, 'buffer')
  for (const [name, known] of [
    ['RSASSA_PKCS1_V1_5_SHA_256', base64(RSA.pkcs1)],
    ['RSASSA_PSS_SHA_256', base64(RSA.pss)],
  ] as const) {
    const raw = [signer('RSA_2048', name, 'RAW'), message] as const
    const hashed = [signer('RSA_2048', name, 'DIGEST'), digest] as const
    if (!(await agreesOn(key, raw, hashed, known)) || !(await agreesOn(key, raw, hashed))) return false
  }
  return (await decrypts(key, 'RSAES_OAEP_SHA_1', RSA.oaepSha1)) && decrypts(key, 'RSAES_OAEP_SHA_256', RSA.oaepSha256)
}

async function decrypts(key: SigningKey, algorithm: string, ciphertext: string): Promise<boolean> {
  const cipher = rsaCipher({ ...key, keyUsage: 'ENCRYPT_DECRYPT' }, algorithm)
  const plaintext = cipher && (await decryptRsa(cipher, base64(ciphertext)))
  return String(plaintext) === MESSAGE
}

const curve = (keySpec: keyof typeof CURVES) => async (): Promise<boolean> => {
  const answers: CurveAnswers = CURVES[keySpec]
  const key = opened(keySpec, base64(answers.privateKey))
  const name = `ECDSA_SHA_${IMPLEMENTATIONS[keySpec].hash.slice(3)}`
  const raw = [signer(keySpec, name, 'RAW'), Buffer.from(MESSAGE)] as const
  const hashed = [
    signer(keySpec, name, 'DIGEST'),
    hash(IMPLEMENTATIONS[keySpec].hash, Buffer.from(MESSAGE), 'buffer'),
  ] as const
  if (!(await agreesOn(key, raw, hashed, base64(answers.signature))) || !(await agreesOn(key, raw, hashed)))
    return false
  return answers.agreement === undefined || agrees(keySpec, answers.agreement)
}

async function agrees(
  keySpec: KeyPairSpec,
  { privateKey, peer, secret }: NonNullable<CurveAnswers['agreement']>,
): Promise<boolean> {
  const own = { ...opened(keySpec, base64(privateKey)), keyUsage: 'KEY_AGREEMENT' } as const
  return (await sharedSecret(own, base64(peer)))?.toString('hex') === secret
}

async function ed25519(): Promise<boolean> {
  const spec = 'ECC_NIST_EDWARDS25519'
  const cases = [
    ['ED25519_SHA_512', 'RAW', ED25519.seed, ED25519.message, ED25519.signature],
    ['ED25519_PH_SHA_512', 'DIGEST', ED25519.hashedSeed, ED25519.hashedMessage, ED25519.hashedSignature],
  ] as const
  for (const [name, type, seed, message, signature] of cases) {
    const key = opened(spec, hex(ED25519.head + seed))
    const { sign, verify } = signer(spec, name, type)
    if ((await sign(key, hex(message))).toString('hex') !== signature) return false
    if (!(await verify(key, hex(message), hex(signature)))) return false
    if (await verify(key, hex(`${message}00`), hex(signature))) return false
  }
  return true
}

const mlDsa = (keySpec: 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87') => async (): Promise<boolean> => {
  const { head, publicKeySha256, mu } = ML_DSA[keySpec]
  const key = opened(keySpec, Buffer.concat([hex(head), Buffer.alloc(32)]))
  const publicKey = key.publicKey.export({ format: 'raw-public' })
  if (hash('sha256', publicKey, 'hex') !== publicKeySha256) return false
  const raw = [signer(keySpec, 'ML_DSA_SHAKE_256', 'RAW'), Buffer.from(ML_DSA.message)] as const
  return agreesOn(key, raw, [signer(keySpec, 'ML_DSA_SHAKE_256', 'EXTERNAL_MU'), hex(mu)])
}

/** The proof of each family; a family without one does not compile. */
const PROOFS = {
  RSA: rsa,
  ECC_NIST_P256: curve('ECC_NIST_P256'),
  ECC_NIST_P384: curve('ECC_NIST_P384'),
  ECC_NIST_P521: curve('ECC_NIST_P521'),
  ECC_SECG_P256K1: curve('ECC_SECG_P256K1'),
  Ed25519: ed25519,
  ML_DSA_44: mlDsa('ML_DSA_44'),
  ML_DSA_65: mlDsa('ML_DSA_65'),
  ML_DSA_87: mlDsa('ML_DSA_87'),
} as const satisfies Record<Family, () => Promise<boolean>>

/**
 * Proves families of algorithms before their first use, so that the start waits for none of them.
 *
 * @returns the verdict on a family, at once when it was reached before; a family that failed stays failed.
 */
export function createProofs(proofs: Readonly<Record<Family, () => Promise<boolean>>> = PROOFS) {
  const verdicts = new Map<Family, boolean | Promise<boolean>>()
  return (family: Family): boolean | Promise<boolean> => {
    const known = verdicts.get(family)
    if (known !== undefined) return known
    const verdict = proofs[family]().then(
      (passed) => {
        verdicts.set(family, passed)
        return passed
      },
      // A proof that throws, as OpenSSL does where an algorithm is switched off, is one that failed.
      () => {
        verdicts.set(family, false)
        return false
      },
    )
    verdicts.set(family, verdict)
    return verdict
  }
}
