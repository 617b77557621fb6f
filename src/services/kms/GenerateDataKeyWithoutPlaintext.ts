import { isError } from '../../domain/error.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { contextConditions } from './conditions.ts'
import { dataKey } from './data-key.ts'
import * as shapes from './shapes.ts'

/**
 * A new data key, encrypted under a key and never in the clear.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html
 */
export const GenerateDataKeyWithoutPlaintext = operation({
  name: 'GenerateDataKeyWithoutPlaintext',
  input: {
    KeyId: shapes.KeyIdType,
    EncryptionContext: optional(shapes.EncryptionContextType),
    NumberOfBytes: optional(shapes.NumberOfBytesType),
    KeySpec: optional(shapes.DataKeySpec),
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
  },
  output: {
    CiphertextBlob: optional(shapes.CiphertextType),
    KeyId: optional(shapes.KeyIdType),
    KeyMaterialId: optional(shapes.BackingKeyIdType),
  },
  errors: [
    'NotFoundException',
    'DisabledException',
    'KeyUnavailableException',
    'InvalidKeyUsageException',
    'InvalidGrantTokenException',
    'KMSInvalidStateException',
    'DryRunOperationException',
  ],
  readOnly: true,
  quota: 'symmetric',
  states: 'crypto',
  crypto: { usage: 'ENCRYPT_DECRYPT', algorithm: () => 'SYMMETRIC_DEFAULT' },
  targets: (input, find) => onlyKey(find.keyToUse('kms:GenerateDataKeyWithoutPlaintext', input.KeyId)),
  conditions: (input) => ({
    ...contextConditions(input.EncryptionContext),
    'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT',
  }),

  async run(input, { key }, { hsm }) {
    const made = await dataKey(hsm, key.usable(), input, 'none')
    if (isError(made)) return made
    return {
      output: {
        CiphertextBlob: made.ciphertext,
        KeyId: key.key.arn,
        KeyMaterialId: made.materialId,
      },
    }
  },
})
