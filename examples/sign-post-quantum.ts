/**
 * Signs a file of any size with ML-DSA, which no quantum computer is known to forge, and verifies without the KMS.
 *
 *   npx node examples/sign-post-quantum.ts FILE
 *
 * It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own. FILE.pem is the public key, FILE.sig the
 * signature. ML-DSA takes the message itself or `mu`, 64 bytes made of the public key and the message; so Sign, which takes 4096
 * bytes at the most, signs any file. The result is a plain ML-DSA signature of the file either way: OpenSSL 3.5 verifies it with
 *
 *   openssl pkeyutl -verify -pubin -inkey FILE.pem -rawin -in FILE -sigfile FILE.sig
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { CreateKeyCommand, GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { startTrent } from './own-trent.ts'

const HASH_BYTES = 64
/** Says that what follows is the message itself, with an empty context. */
const PURE = Buffer.of(0, 0)

const shake256 = (...parts: readonly Buffer[]): Buffer =>
  hash('shake256', Buffer.concat(parts), { outputEncoding: 'buffer', outputLength: HASH_BYTES })

/** Source: FIPS 204, algorithm 7, lines 6 and 7. */
function externalMu(publicKey: KeyObject, message: Buffer): Buffer {
  const raw = publicKey.export({ format: 'raw-public' })
  return shake256(shake256(raw), PURE, message)
}

async function downloadPublicKey(kms: KMSClient, KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  if (!PublicKey) throw new Error('the KMS answered no public key')
  return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
}

/** Nothing in here knows of the KMS, or of `mu`. */
function isSigned(file: string): boolean {
  return verify(null, readFileSync(file), readFileSync(`${file}.pem`, 'utf8'), readFileSync(`${file}.sig`))
}

const [, , path] = process.argv
if (path === undefined) throw new Error('usage: npx node examples/sign-post-quantum.ts FILE')
await using own = process.env.AWS_ENDPOINT_URL ? undefined : await startTrent()
const kms = new KMSClient({ region: process.env.AWS_REGION ?? 'us-east-1', ...own?.client })
const { KeyMetadata } = await kms.send(
  new CreateKeyCommand({ Description: 'sign-post-quantum', KeySpec: 'ML_DSA_65', KeyUsage: 'SIGN_VERIFY' }),
)
const KeyId = KeyMetadata?.KeyId ?? ''
const publicKey = await downloadPublicKey(kms, KeyId)
const Message = externalMu(publicKey, readFileSync(path))
const { Signature } = await kms.send(
  new SignCommand({ KeyId, SigningAlgorithm: 'ML_DSA_SHAKE_256', MessageType: 'EXTERNAL_MU', Message }),
)
if (!Signature) throw new Error('the KMS answered no signature')
writeFileSync(`${path}.sig`, Signature)
writeFileSync(`${path}.pem`, publicKey.export({ format: 'pem', type: 'spki' }))
if (!isSigned(path)) throw new Error('the signature does not verify')
process.stdout.write(`${path} is signed in ${path}.sig, and verifies with ${path}.pem alone.\n`)
