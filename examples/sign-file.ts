/**
 * Signs a file of any size, and verifies the signature without the KMS.
 *
 *   npx node examples/sign-file.ts FILE
 *
 * It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own. FILE.pem is the public key, FILE.sig the
 * signature: whoever has both and the file needs nothing else, as long as the public key is known to be the signer's.
 *
 *   openssl dgst -sha256 -verify FILE.pem -signature FILE.sig FILE
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { CreateKeyCommand, GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms'
import { startTrent } from './own-trent.ts'

/** Sign takes 4096 bytes at the most, but the digest of any file. */
async function digestOf(file: string): Promise<Buffer> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest()
}

async function publicKeyPem(kms: KMSClient, KeyId: string): Promise<string> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  if (!PublicKey) throw new Error('the KMS answered no public key')
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
  return key.export({ format: 'pem', type: 'spki' }).toString()
}

/** Nothing in here knows of the KMS. */
function isSigned(file: string): boolean {
  return verify('sha256', readFileSync(file), readFileSync(`${file}.pem`, 'utf8'), readFileSync(`${file}.sig`))
}

const [, , path] = process.argv
if (path === undefined) throw new Error('usage: npx node examples/sign-file.ts FILE')
await using own = process.env.AWS_ENDPOINT_URL ? undefined : await startTrent()
const kms = new KMSClient({ region: process.env.AWS_REGION ?? 'us-east-1', ...own?.client })
const { KeyMetadata } = await kms.send(
  new CreateKeyCommand({ Description: 'sign-file', KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
)
const KeyId = KeyMetadata?.KeyId ?? ''
const Message = await digestOf(path)
const { Signature } = await kms.send(
  new SignCommand({ KeyId, SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST', Message }),
)
if (!Signature) throw new Error('the KMS answered no signature')
writeFileSync(`${path}.sig`, Signature)
writeFileSync(`${path}.pem`, await publicKeyPem(kms, KeyId))
if (!isSigned(path)) throw new Error('the signature does not verify')
process.stdout.write(`${path} is signed in ${path}.sig, and verifies with ${path}.pem alone.\n`)
