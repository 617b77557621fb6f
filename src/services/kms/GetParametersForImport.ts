import { isError } from '../../domain/error.ts'
import { refuseImport } from '../../domain/key-import.ts'
import { IMPORT_PARAMETERS_VALID_MS } from '../../domain/limits.ts'
import { wrappingFor } from '../../domain/wrapping.ts'
import { oneOf, optional, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * A public key to wrap key material with, and the token that goes with it. Each call makes a new pair; those made before stay
 * valid for their day.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html
 */
export const GetParametersForImport = operation({
  name: 'GetParametersForImport',
  input: {
    KeyId: shapes.KeyIdType,
    WrappingAlgorithm: oneOf(
      'RSAES_PKCS1_V1_5',
      'RSAES_OAEP_SHA_1',
      'RSAES_OAEP_SHA_256',
      'RSA_AES_KEY_WRAP_SHA_1',
      'RSA_AES_KEY_WRAP_SHA_256',
      'SM2PKE',
    ),
    WrappingKeySpec: oneOf('RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'),
  },
  output: {
    KeyId: optional(shapes.KeyIdType),
    ImportToken: optional(shapes.CiphertextType),
    PublicKey: optional(shapes.PlaintextType),
    ParametersValidTo: optional(timestamp()),
  },
  errors: ['InvalidArnException', 'UnsupportedOperationException', 'NotFoundException', 'KMSInvalidStateException'],
  readOnly: true,
  quota: 'management',
  // In which states it works is asked after the key's origin.
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:GetParametersForImport', input.KeyId, 'refused')),
  conditions: (input) => ({
    'kms:WrappingAlgorithm': input.WrappingAlgorithm,
    'kms:WrappingKeySpec': input.WrappingKeySpec,
  }),
  async run(input, { key: { key, proof } }, { hsm, clock }) {
    const refused = refuseImport('preparable', key)
    if (refused) return refused
    const wrapping = wrappingFor(key.keySpec, { algorithm: input.WrappingAlgorithm, keySpec: input.WrappingKeySpec })
    if (isError(wrapping)) return wrapping
    const validTo = clock.now() + IMPORT_PARAMETERS_VALID_MS
    const made = await hsm.createImportParameters(proof, key, { ...wrapping, validTo })
    if (isError(made)) return made
    return {
      output: { KeyId: key.arn, ImportToken: made.token, PublicKey: made.publicKey, ParametersValidTo: validTo },
    }
  },
})
