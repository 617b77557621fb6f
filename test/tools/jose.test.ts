import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  KMSClient,
  SignCommand,
  type SigningAlgorithmSpec,
} from '@aws-sdk/client-kms'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { type CryptoKey, errors, exportJWK, importJWK, importSPKI, jwtVerify } from 'jose'
import { digestOf } from '../support/key-pair.ts'
import { REGION, startTrent } from '../support/trent.ts'

// Tokens signed by the service, verified by a library that knows nothing of it but the public key.
const trent = await startTrent('dev')
const kms = new KMSClient({ endpoint: trent.url, region: REGION, credentials: trent.credentials })
after(async () => {
  kms.destroy()
  await trent.close()
})

type Curve = typeof p256
type TokenAlgorithm = {
  readonly alg: string
  readonly KeySpec: KeySpec
  readonly SigningAlgorithm: SigningAlgorithmSpec
  /** Of ECDSA: its signatures come in DER, and tokens carry them as two numbers. */
  readonly curve?: Curve
}

/** Algorithms of JSON Web Signatures with those of KMS. Source: RFC 7518, section 3.1; RFC 8037; RFC 9864. */
const ALGORITHMS: readonly TokenAlgorithm[] = [
  { alg: 'RS256', KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' },
  { alg: 'RS384', KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_384' },
  { alg: 'RS512', KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_512' },
  { alg: 'PS256', KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PSS_SHA_256' },
  { alg: 'PS384', KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PSS_SHA_384' },
  { alg: 'PS512', KeySpec: 'RSA_2048', SigningAlgorithm: 'RSASSA_PSS_SHA_512' },
  { alg: 'ES256', KeySpec: 'ECC_NIST_P256', SigningAlgorithm: 'ECDSA_SHA_256', curve: p256 },
  { alg: 'ES384', KeySpec: 'ECC_NIST_P384', SigningAlgorithm: 'ECDSA_SHA_384', curve: p384 },
  { alg: 'ES512', KeySpec: 'ECC_NIST_P521', SigningAlgorithm: 'ECDSA_SHA_512', curve: p521 },
  { alg: 'EdDSA', KeySpec: 'ECC_NIST_EDWARDS25519', SigningAlgorithm: 'ED25519_SHA_512' },
  { alg: 'Ed25519', KeySpec: 'ECC_NIST_EDWARDS25519', SigningAlgorithm: 'ED25519_SHA_512' },
  { alg: 'ML-DSA-44', KeySpec: 'ML_DSA_44', SigningAlgorithm: 'ML_DSA_SHAKE_256' },
  { alg: 'ML-DSA-65', KeySpec: 'ML_DSA_65', SigningAlgorithm: 'ML_DSA_SHAKE_256' },
  { alg: 'ML-DSA-87', KeySpec: 'ML_DSA_87', SigningAlgorithm: 'ML_DSA_SHAKE_256' },
]

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const pemOf = (der: Uint8Array | undefined) =>
  `-----BEGIN PUBLIC KEY-----\n${Buffer.from(der ?? []).toString('base64')}\n-----END PUBLIC KEY-----\n`

const SPECS = [...new Set(ALGORITHMS.map(({ KeySpec }) => KeySpec))]

/** A key of each spec: one RSA key signs with all algorithms of RSA. */
async function makeKeys() {
  const made = SPECS.map(async (KeySpec) => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }))
    return [KeySpec, await kms.send(new GetPublicKeyCommand({ KeyId: KeyMetadata?.KeyId }))] as const
  })
  return new Map(await Promise.all(made))
}

async function makeSigner(algorithm: TokenAlgorithm, keys: Awaited<ReturnType<typeof makeKeys>>) {
  const { KeyId, PublicKey } = keys.get(algorithm.KeySpec) ?? {}
  const publicKey = await importSPKI(pemOf(PublicKey), algorithm.alg, { extractable: true })
  return { ...algorithm, KeyId, publicKey }
}
type Signer = Awaited<ReturnType<typeof makeSigner>>

async function signToken(signer: Signer, claims: object, MessageType: 'RAW' | 'DIGEST'): Promise<string> {
  const { alg, KeyId, SigningAlgorithm, curve } = signer
  const input = `${encoded({ alg, typ: 'JWT', kid: KeyId })}.${encoded(claims)}`
  const text = Buffer.from(input)
  const Message = MessageType === 'RAW' ? text : digestOf(SigningAlgorithm, text)
  const { Signature } = await kms.send(new SignCommand({ KeyId, SigningAlgorithm, MessageType, Message }))
  assert.ok(Signature)
  const bytes = curve ? curve.Signature.fromBytes(Signature, 'der').toBytes('compact') : Signature
  return `${input}.${Buffer.from(bytes).toString('base64url')}`
}

const CLAIMS = { iss: 'https://issuer.example', aud: 'https://audience.example', sub: 'alice' }
const verify = (token: string, key: CryptoKey) => jwtVerify(token, key, { issuer: CLAIMS.iss, audience: CLAIMS.aud })

// All before the first test: the service is closed when no test is left, and tests declared later are left out of that.
const [keys, otherKeys] = await Promise.all([makeKeys(), makeKeys()])
const signers = await Promise.all(ALGORITHMS.map((algorithm) => makeSigner(algorithm, keys)))
const others = await Promise.all(ALGORITHMS.map((algorithm) => makeSigner(algorithm, otherKeys)))

for (const signer of signers) {
  const { alg, SigningAlgorithm } = signer
  for (const MessageType of digestOf(SigningAlgorithm, Buffer.alloc(0))
    ? (['RAW', 'DIGEST'] as const)
    : ['RAW' as const])
    test(`a ${alg} token signed as ${MessageType} verifies with jose, and no changed one does`, async () => {
      const token = await signToken(signer, CLAIMS, MessageType)
      const { payload, protectedHeader } = await verify(token, signer.publicKey)
      assert.deepEqual([payload, protectedHeader.alg, protectedHeader.kid], [CLAIMS, alg, signer.KeyId])
      const [header, , signature] = token.split('.')
      const forged = `${header}.${encoded({ ...CLAIMS, sub: 'mallory' })}.${signature}`
      await assert.rejects(verify(forged, signer.publicKey), errors.JWSSignatureVerificationFailed)
      const stranger = others.find((other) => other.alg === alg) ?? assert.fail()
      await assert.rejects(verify(token, stranger.publicKey), errors.JWSSignatureVerificationFailed)
    })

  test(`the public key for ${alg} verifies as a JSON Web Key too`, async () => {
    const key = await importJWK({ ...(await exportJWK(signer.publicKey)), alg })
    assert.ok(!(key instanceof Uint8Array))
    const { payload } = await verify(await signToken(signer, CLAIMS, 'RAW'), key)
    assert.deepEqual(payload, CLAIMS)
  })
}
