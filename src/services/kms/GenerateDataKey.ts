import { isError } from '../../domain/error.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { contextConditions } from './conditions.ts'
import { dataKey } from './data-key.ts'
import { recipientConditions, recipientNoted, recipientOf } from './recipient.ts'
import * as shapes from './shapes.ts'

/**
 * A new data key, in the clear and encrypted under a key.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
 */
export const GenerateDataKey = operation({
  name: 'GenerateDataKey',
  input: {
    KeyId: shapes.KeyIdType,
    EncryptionContext: optional(shapes.EncryptionContextType),
    NumberOfBytes: optional(shapes.NumberOfBytesType),
    KeySpec: optional(shapes.DataKeySpec),
    GrantTokens: optional(shapes.GrantTokenList),
    Recipient: optional(shapes.RecipientInfo),
    DryRun: optional(boolean()),
  },
  output: {
    CiphertextBlob: optional(shapes.CiphertextType),
    Plaintext: optional(shapes.PlaintextType),
    KeyId: optional(shapes.KeyIdType),
    CiphertextForRecipient: optional(shapes.CiphertextType),
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
  targets: (input, find) => onlyKey(find.keyToUse('kms:GenerateDataKey', input.KeyId)),
  conditions: (input) => ({
    ...contextConditions(input.EncryptionContext),
    ...recipientConditions(input),
    'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT',
  }),

  async run(input, { key }, { hsm }) {
    const recipient = recipientOf(input)
    if (isError(recipient)) return recipient
    const made = await dataKey(hsm, key.usable(), input, recipient ?? 'in the clear')
    if (isError(made)) return made
    const answer = { CiphertextBlob: made.ciphertext, KeyId: key.key.arn }
    const { plaintext, materialId } = made
    if (recipient)
      return {
        output: { ...answer, ...(plaintext ? { CiphertextForRecipient: plaintext } : {}) },
        ...recipientNoted(input),
      }
    return { output: { ...answer, ...(plaintext ? { Plaintext: plaintext } : {}), KeyMaterialId: materialId } }
  },
})
