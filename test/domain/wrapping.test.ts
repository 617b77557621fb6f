import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { KEY_SPECS, type KeySpec } from '../../src/domain/key-spec.ts'
import { wrappingFor } from '../../src/domain/wrapping.ts'

const ALGORITHMS = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256']
const LENGTHS = ['RSA_2048', 'RSA_3072', 'RSA_4096']

/** Which of the algorithms carry material of each kind of key. Source: GetParametersForImport. */
function offered(keySpec: KeySpec, algorithm: string, wrappingKeySpec: string): boolean {
  const isDirect = algorithm.startsWith('RSAES')
  if (keySpec.startsWith('RSA_')) return !isDirect
  if (keySpec === 'SYMMETRIC_DEFAULT' || keySpec.startsWith('HMAC_')) return isDirect
  return !(keySpec === 'ECC_NIST_P521' && isDirect && wrappingKeySpec === 'RSA_2048')
}

const importable = Object.keys(KEY_SPECS).filter((spec): spec is KeySpec => !/^ML_DSA|^SM2/.test(spec))
for (const keySpec of importable)
  test(`wrappings for ${keySpec} are those that AWS offers, and no others`, () => {
    for (const algorithm of ALGORITHMS)
      for (const length of LENGTHS) {
        const verdict = wrappingFor(keySpec, { algorithm, keySpec: length })
        assert.equal(!isError(verdict), offered(keySpec, algorithm, length), `${algorithm} ${length}`)
      }
    for (const [algorithm, length] of [
      ['RSAES_PKCS1_V1_5', 'RSA_2048'],
      ['SM2PKE', 'SM2'],
      ['SM2PKE', 'RSA_4096'],
      ['RSAES_OAEP_SHA_256', 'SM2'],
      ['constructor', 'RSA_2048'],
      ['RSAES_OAEP_SHA_256', 'toString'],
    ] as const) {
      const verdict = wrappingFor(keySpec, { algorithm, keySpec: length })
      assert.ok(isError(verdict) && verdict.code === 'UnsupportedOperationException')
    }
  })
