import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyPairCommand,
  GetPublicKeyCommand,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms'
import { isSigningAlgorithm } from '../../src/domain/signing-algorithm.ts'
import { missing } from '../support/command.ts'
import { openImporter } from '../support/import.ts'
import { digestOf, isValidOutside, KINDS, offered } from '../support/key-pair.ts'
import { startTrent } from '../support/trent.ts'

// What the service signs, encrypts and hands out, OpenSSL's own program verifies, decrypts and reads; and the other way round.
const skip = missing('openssl')
const trent = await startTrent('dev')
const importer = openImporter(trent)
const { kms } = importer
const directory = mkdtempSync(join(tmpdir(), 'trent-openssl-'))
after(async () => {
  kms.destroy()
  await trent.close()
  rmSync(directory, { recursive: true })
})

let files = 0
const newPath = () => join(directory, String(++files))
function written(content: Uint8Array): string {
  const path = newPath()
  writeFileSync(path, content)
  return path
}
const openssl = (...args: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync('openssl', args, { encoding: 'utf8' })
function ran(...args: readonly string[]): string {
  const { status, stdout, stderr } = openssl(...args)
  assert.equal(status, 0, `openssl ${args.join(' ')}: ${stderr}`)
  return stdout
}

const bytes = (field: Uint8Array | undefined) => Buffer.from(field ?? assert.fail('no bytes'))
const knowsMlDsa = !skip && /ML-DSA-65/.test(openssl('list', '-signature-algorithms').stdout)

/** Options for PSS as KMS makes it. */
const pssOf = (algorithm: string) =>
  algorithm.includes('_PSS_') ? ['rsa_padding_mode:pss', 'rsa_pss_saltlen:digest'] : []
const each = (name: string, values: readonly string[]) => values.flatMap((value) => [name, value])
/** The hash of an algorithm, as OpenSSL names it. */
const hashOf = (algorithm: string) => `sha${algorithm.slice(-3)}`

type Outside = Parameters<typeof isValidOutside>[0]
type Claim = {
  readonly keyFile: string
  readonly algorithm: string
  readonly message: Buffer
  readonly signature: Buffer
}

/** Two ways for what is hashed first: the program hashes, or is given the digest. */
function verdicts({ keyFile, algorithm, message, signature }: Claim): readonly boolean[] {
  const signatureFile = written(signature)
  const key = ['-pubin', '-inkey', keyFile, '-sigfile', signatureFile] as const
  const digest = digestOf(algorithm, message)
  if (!digest) return [openssl('pkeyutl', '-verify', ...key, '-rawin', '-in', written(message)).status === 0]
  const hash = hashOf(algorithm)
  const pss = pssOf(algorithm)
  const wholeWay = ['-verify', keyFile, '-signature', signatureFile, ...each('-sigopt', pss), written(message)]
  const digestWay = ['-in', written(digest), ...each('-pkeyopt', [`digest:${hash}`, ...pss])]
  return [
    openssl('dgst', `-${hash}`, ...wholeWay).status === 0,
    openssl('pkeyutl', '-verify', ...key, ...digestWay).status === 0,
  ]
}

async function makeSigner(KeySpec: (typeof KINDS)[number][0]) {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }))
  const KeyId = KeyMetadata?.KeyId ?? assert.fail()
  const publicKey = bytes((await kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey)
  return { KeySpec, KeyId, publicKey }
}

// All before the first test: the service is closed when no test is left, and tests declared later are left out of that.
const signers = await Promise.all(
  KINDS.filter(([, usage]) => usage === 'SIGN_VERIFY').map(([keySpec]) => makeSigner(keySpec)),
)
const symmetric = await kms.send(new CreateKeyCommand({}))

for (const { KeySpec, KeyId, publicKey } of signers)
  for (const SigningAlgorithm of offered(KeySpec, 'SIGN_VERIFY')) {
    // Ed25519ph comes with OpenSSL 3.2, and its program cannot be given a prehash.
    if (!isSigningAlgorithm(SigningAlgorithm) || SigningAlgorithm === 'ED25519_PH_SHA_512') continue
    test(`openssl verifies ${SigningAlgorithm} of ${KeySpec} with the downloaded public key, and nothing else`, {
      skip,
    }, async () => {
      const message = randomBytes(2_000)
      const digest = digestOf(SigningAlgorithm, message)
      const forms = [
        { Message: message, MessageType: 'RAW' },
        ...(digest ? [{ Message: digest, MessageType: 'DIGEST' }] : []),
      ]
      for (const form of forms) {
        const MessageType = form.MessageType === 'RAW' ? 'RAW' : 'DIGEST'
        const made = await kms.send(new SignCommand({ KeyId, SigningAlgorithm, ...form, MessageType }))
        const signature = bytes(made.Signature)
        if (KeySpec.startsWith('ML_DSA_') && !knowsMlDsa) {
          // OpenSSL before 3.5 has no ML-DSA; a library of others stands in for it.
          const outside: Outside = { keySpec: KeySpec, algorithm: SigningAlgorithm, message, publicKey, signature }
          assert.ok(isValidOutside(outside))
          continue
        }
        const keyFile = newPath()
        ran('pkey', '-pubin', '-inform', 'DER', '-in', written(publicKey), '-pubout', '-out', keyFile)
        const claim: Claim = { keyFile, algorithm: SigningAlgorithm, message, signature }
        for (const verdict of verdicts(claim)) assert.ok(verdict)
        for (const verdict of verdicts({ ...claim, message: message.subarray(1) })) assert.equal(verdict, false)
      }
    })
  }

/** Arguments of `openssl genpkey` for the specs whose private keys can be imported. */
const GENERATED = [
  ['RSA_2048', 'RSA', 'rsa_keygen_bits:2048'],
  ['RSA_3072', 'RSA', 'rsa_keygen_bits:3072'],
  ['RSA_4096', 'RSA', 'rsa_keygen_bits:4096'],
  ['ECC_NIST_P256', 'EC', 'ec_paramgen_curve:P-256'],
  ['ECC_NIST_P384', 'EC', 'ec_paramgen_curve:P-384'],
  ['ECC_NIST_P521', 'EC', 'ec_paramgen_curve:P-521'],
  ['ECC_SECG_P256K1', 'EC', 'ec_paramgen_curve:secp256k1'],
  ['ECC_NIST_EDWARDS25519', 'ED25519', undefined],
] as const

for (const [KeySpec, type, option] of GENERATED)
  test(`a private key of openssl for ${KeySpec} is imported, and what openssl signs with it verifies`, {
    skip,
  }, async () => {
    const [pem, der] = [newPath(), newPath()]
    ran('genpkey', '-algorithm', type, ...(option ? ['-pkeyopt', option] : []), '-out', pem)
    ran('pkcs8', '-topk8', '-nocrypt', '-in', pem, '-outform', 'DER', '-out', der)
    const { KeyId } = await importer.external({ KeySpec, KeyUsage: 'SIGN_VERIFY' })
    await importer.bring(KeyId, readFileSync(der), {}, 'RSA_AES_KEY_WRAP_SHA_256')
    const Message = randomBytes(1_000)
    for (const SigningAlgorithm of offered(KeySpec, 'SIGN_VERIFY')) {
      if (!isSigningAlgorithm(SigningAlgorithm) || SigningAlgorithm === 'ED25519_PH_SHA_512') continue
      const [signature, message] = [newPath(), written(Message)]
      const hashed = ['-sign', pem, ...each('-sigopt', pssOf(SigningAlgorithm)), '-out', signature, message]
      if (type === 'ED25519') ran('pkeyutl', '-sign', '-inkey', pem, '-rawin', '-in', message, '-out', signature)
      else ran('dgst', `-${hashOf(SigningAlgorithm)}`, ...hashed)
      const input = { KeyId, SigningAlgorithm, Signature: readFileSync(signature) }
      assert.equal((await kms.send(new VerifyCommand({ ...input, Message }))).SignatureValid, true)
      await assert.rejects(kms.send(new VerifyCommand({ ...input, Message: Message.subarray(1) })), {
        name: 'KMSInvalidSignatureException',
      })
    }
  })

for (const [EncryptionAlgorithm, hash] of [
  ['RSAES_OAEP_SHA_1', 'sha1'],
  ['RSAES_OAEP_SHA_256', 'sha256'],
] as const)
  test(`${EncryptionAlgorithm} goes both ways between openssl and the service`, { skip }, async () => {
    const [pem, der, sealed, publicPem] = [newPath(), newPath(), newPath(), newPath()]
    ran('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', pem)
    ran('pkcs8', '-topk8', '-nocrypt', '-in', pem, '-outform', 'DER', '-out', der)
    ran('pkey', '-in', pem, '-pubout', '-out', publicPem)
    const { KeyId } = await importer.external({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
    await importer.bring(KeyId, readFileSync(der), {}, 'RSA_AES_KEY_WRAP_SHA_1')
    const oaep = each('-pkeyopt', ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`])
    const plaintext = randomBytes(100)
    const publicKey = ['-pubin', '-inkey', publicPem, '-in', written(plaintext), '-out', sealed]
    ran('pkeyutl', '-encrypt', ...publicKey, ...oaep)
    const inside = await kms.send(
      new DecryptCommand({ KeyId, EncryptionAlgorithm, CiphertextBlob: readFileSync(sealed) }),
    )
    assert.deepEqual(bytes(inside.Plaintext), plaintext)
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, EncryptionAlgorithm, Plaintext: plaintext }))
    const opened = newPath()
    ran('pkeyutl', '-decrypt', '-inkey', pem, '-in', written(bytes(CiphertextBlob)), '-out', opened, ...oaep)
    assert.deepEqual(readFileSync(opened), plaintext)
  })

for (const [KeyPairSpec] of GENERATED)
  test(`openssl finds a data key pair of ${KeyPairSpec} sound, and the same public key in its private key`, {
    skip,
  }, async () => {
    const { KeyId } = symmetric.KeyMetadata ?? {}
    const pair = await kms.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec }))
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob }))
    assert.deepEqual(opened.Plaintext, pair.PrivateKeyPlaintext)
    const [privateFile, publicFile] = [written(bytes(opened.Plaintext)), newPath()]
    const said = ran('pkey', '-inform', 'DER', '-in', privateFile, '-check', '-noout')
    assert.match(said, /Key is valid/)
    ran('pkey', '-inform', 'DER', '-in', privateFile, '-pubout', '-outform', 'DER', '-out', publicFile)
    assert.deepEqual(readFileSync(publicFile), bytes(pair.PublicKey))
    // PKCS#8 and nothing else: a traditional private key would be read just as well.
    ran('pkcs8', '-nocrypt', '-inform', 'DER', '-in', privateFile, '-out', newPath())
  })
