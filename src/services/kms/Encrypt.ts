import { isError } from '../../domain/error.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { additionalDataOf, contextConditions } from './conditions.ts'
import * as shapes from './shapes.ts'

/**
 * Encrypts up to 4096 bytes under a key, bound to the encryption context.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
 */
export const Encrypt = operation({
  name: 'Encrypt',
  input: {
    KeyId: shapes.KeyIdType,
    Plaintext: shapes.PlaintextType,
    EncryptionContext: optional(shapes.EncryptionContextType),
    GrantTokens: optional(shapes.GrantTokenList),
    EncryptionAlgorithm: withDefault(shapes.EncryptionAlgorithmSpec, 'SYMMETRIC_DEFAULT'),
    DryRun: optional(boolean()),
  },
  output: {
    CiphertextBlob: optional(shapes.CiphertextType),
    KeyId: optional(shapes.KeyIdType),
    EncryptionAlgorithm: optional(shapes.EncryptionAlgorithmSpec),
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
  crypto: { usage: 'ENCRYPT_DECRYPT', algorithm: (input) => input.EncryptionAlgorithm },
  targets: (input, find) => onlyKey(find.keyToUse('kms:Encrypt', input.KeyId)),
  conditions: (input) => ({
    ...contextConditions(input.EncryptionContext),
    'kms:EncryptionAlgorithm': input.EncryptionAlgorithm,
  }),

  async run(input, { key }, { hsm }) {
    const usable = key.usable()
    if (isError(usable)) return usable
    const additionalData = additionalDataOf(input.EncryptionContext)
    if (isError(additionalData)) return additionalData
    const made = await hsm.encrypt(usable, input.Plaintext, additionalData)
    if (isError(made)) return made
    return {
      output: { CiphertextBlob: made.ciphertext, KeyId: key.key.arn, EncryptionAlgorithm: input.EncryptionAlgorithm },
    }
  },
})
