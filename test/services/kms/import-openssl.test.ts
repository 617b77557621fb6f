import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GetPublicKeyCommand } from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import { openImporter, WRAPPINGS, type WrappingName } from '../../support/import.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const { kms, external, describe, parameters, send } = openImporter(trent)
const scratch = mkdtempSync(join(tmpdir(), 'trent-openssl-'))
after(async () => {
  kms.destroy()
  await trent[Symbol.asyncDispose]()
  rmSync(scratch, { recursive: true })
})

const ciphers = spawnSync('openssl', ['enc', '-ciphers'], { encoding: 'utf8' }).stdout ?? ''
const skip = ciphers.includes('id-aes256-wrap-pad') ? false : 'install: openssl 3'
const at = (name: string) => join(scratch, name)
const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] })

/** Wraps a file as the developer guide of KMS shows it, with the openssl command alone. */
function wrapped(publicKey: Uint8Array, name: WrappingName, file: string): Buffer {
  const { hash, isDirect } = WRAPPINGS[name]
  writeFileSync(at('public'), publicKey)
  const oaep = ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`]
  const key = ['-encrypt', '-pubin', '-keyform', 'DER', '-inkey', at('public')]
  const encrypt = (from: string, to: string) =>
    openssl('pkeyutl', ...key, '-in', from, '-out', to, ...oaep.flatMap((option) => ['-pkeyopt', option]))
  if (isDirect) {
    encrypt(file, at('wrapped'))
    return readFileSync(at('wrapped'))
  }
  const aesKey = randomBytes(32)
  writeFileSync(at('aes-key'), aesKey)
  encrypt(at('aes-key'), at('wrapped-aes-key'))
  const words = ['-id-aes256-wrap-pad', '-K', aesKey.toString('hex'), '-iv', 'A65959A6']
  openssl('enc', ...words, '-in', file, '-out', at('wrapped-material'))
  return Buffer.concat([readFileSync(at('wrapped-aes-key')), readFileSync(at('wrapped-material'))])
}

for (const name of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const)
  test(`the openssl command wraps random bytes with ${name}`, { skip }, async () => {
    const { KeyId } = await external()
    openssl('rand', '-out', at('material'), '32')
    const { ImportToken, PublicKey } = await parameters(KeyId, { WrappingAlgorithm: name })
    await send(KeyId, ImportToken, wrapped(PublicKey, name, at('material')))
    assert.equal((await describe(KeyId)).KeyState, 'Enabled')
  })

const PAIRS = [
  ['RSA_2048', 'RSA_AES_KEY_WRAP_SHA_1', ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
  ['RSA_3072', 'RSA_AES_KEY_WRAP_SHA_256', ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072']],
  ['ECC_NIST_P521', 'RSA_AES_KEY_WRAP_SHA_256', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-521']],
  ['ECC_SECG_P256K1', 'RSAES_OAEP_SHA_256', ['EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
] as const
for (const [KeySpec, name, words] of PAIRS)
  test(`the openssl command makes a private key of ${KeySpec} and wraps it with ${name}`, { skip }, async () => {
    const { KeyId } = await external({ KeySpec, KeyUsage: 'SIGN_VERIFY' })
    openssl('genpkey', '-algorithm', ...words, '-outform', 'DER', '-out', at('key'))
    openssl('pkcs8', '-topk8', '-nocrypt', '-inform', 'DER', '-in', at('key'), '-outform', 'DER', '-out', at('pkcs8'))
    const { ImportToken, PublicKey } = await parameters(KeyId, { WrappingAlgorithm: name })
    await send(KeyId, ImportToken, wrapped(PublicKey, name, at('pkcs8')))
    const own = openssl('pkey', '-inform', 'DER', '-in', at('pkcs8'), '-pubout', '-outform', 'DER')
    const { PublicKey: shown } = await kms.send(new GetPublicKeyCommand({ KeyId }))
    assert.deepEqual(Buffer.from(shown ?? []), own)
  })

/** Forms of one private key that the openssl command writes. */
const FORMS: ReadonlyArray<readonly [string, readonly string[]]> = [
  ['without its public key', ['-no_public']],
  ['with a compressed public key', ['-conv_form', 'compressed']],
]
for (const [what, words] of FORMS)
  test(`a private key of a curve is the same ${what}`, { skip }, async () => {
    const { KeyId } = await external({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-outform', 'DER', '-out', at('key'))
    openssl('ec', ...words, '-inform', 'DER', '-in', at('key'), '-outform', 'PEM', '-out', at('form'))
    const { ImportToken, PublicKey } = await parameters(KeyId)
    const ids = []
    for (const [file, form] of [
      ['form', 'PEM'],
      ['key', 'DER'],
    ] as const) {
      const words = ['-inform', form, '-in', at(file), '-outform', 'DER', '-out', at('pkcs8')]
      openssl('pkcs8', '-topk8', '-nocrypt', ...words)
      ids.push((await send(KeyId, ImportToken, wrapped(PublicKey, 'RSAES_OAEP_SHA_256', at('pkcs8')))).KeyMaterialId)
    }
    assert.equal(new Set(ids).size, 1)
    const own = openssl('pkey', '-inform', 'DER', '-in', at('key'), '-pubout', '-outform', 'DER')
    assert.deepEqual(Buffer.from((await kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey ?? []), own)
  })

test('a curve that is given by its parameters instead of its name is refused', { skip }, async () => {
  const { KeyId } = await external({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const curve = ['ec_paramgen_curve:P-256', 'ec_param_enc:explicit'].flatMap((option) => ['-pkeyopt', option])
  openssl('genpkey', '-algorithm', 'EC', ...curve, '-outform', 'DER', '-out', at('key'))
  openssl('pkcs8', '-topk8', '-nocrypt', '-inform', 'DER', '-in', at('key'), '-outform', 'DER', '-out', at('pkcs8'))
  const { ImportToken, PublicKey } = await parameters(KeyId, { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256' })
  const material = wrapped(PublicKey, 'RSA_AES_KEY_WRAP_SHA_256', at('pkcs8'))
  await refused(send(KeyId, ImportToken, material), 'IncorrectKeyMaterialException')
})

test('an encrypted private key is refused', { skip }, async () => {
  const { KeyId } = await external({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-outform', 'DER', '-out', at('key'))
  const words = ['-inform', 'DER', '-in', at('key'), '-outform', 'DER', '-out', at('pkcs8'), '-passout', 'pass:secret']
  openssl('pkcs8', '-topk8', ...words)
  const { ImportToken, PublicKey } = await parameters(KeyId, { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256' })
  const material = wrapped(PublicKey, 'RSA_AES_KEY_WRAP_SHA_256', at('pkcs8'))
  await refused(send(KeyId, ImportToken, material), 'IncorrectKeyMaterialException')
})
