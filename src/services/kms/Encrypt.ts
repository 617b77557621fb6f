import { isError } from '../../domain/error.ts'
import { refuseLongPlaintext } from '../../domain/rsa-encryption.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { contextConditions, mannerOf } from './conditions.ts'
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
    const { EncryptionAlgorithm, EncryptionContext, Plaintext } = input
    const manner = mannerOf(EncryptionAlgorithm, EncryptionContext)
    if (isError(manner)) return manner
    const refused = typeof manner === 'string' && refuseLongPlaintext(key.key.keySpec, manner, Plaintext)
    if (refused) return refused
    const made = await hsm.encrypt(usable, Plaintext, manner)
    if (isError(made)) return made
    return {
      output: { CiphertextBlob: made.ciphertext, KeyId: key.key.arn, EncryptionAlgorithm },
    }
  },
})
