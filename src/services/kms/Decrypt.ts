import { isError } from '../../domain/error.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { ciphertextSource, compareSource, ignoresCiphertext } from './ciphertext-source.ts'
import { contextConditions, mannerOf } from './conditions.ts'
import { recipientConditions, recipientNoted, recipientOf } from './recipient.ts'
import * as shapes from './shapes.ts'

/**
 * Decrypts what Encrypt, ReEncrypt or GenerateDataKey* encrypted. A symmetric ciphertext names its own key.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 */
export const Decrypt = operation({
  name: 'Decrypt',
  input: {
    CiphertextBlob: optional(shapes.CiphertextType),
    EncryptionContext: optional(shapes.EncryptionContextType),
    GrantTokens: optional(shapes.GrantTokenList),
    KeyId: optional(shapes.KeyIdType),
    EncryptionAlgorithm: withDefault(shapes.EncryptionAlgorithmSpec, 'SYMMETRIC_DEFAULT'),
    Recipient: optional(shapes.RecipientInfo),
    DryRun: optional(boolean()),
    DryRunModifiers: optional(shapes.DryRunModifierList),
  },
  output: {
    KeyId: optional(shapes.KeyIdType),
    Plaintext: optional(shapes.PlaintextType),
    EncryptionAlgorithm: optional(shapes.EncryptionAlgorithmSpec),
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
    'InvalidCiphertextException',
    'IncorrectKeyException',
  ],
  readOnly: true,
  quota: 'symmetric',
  states: 'crypto',
  crypto: { usage: 'ENCRYPT_DECRYPT', algorithm: (input) => input.EncryptionAlgorithm },

  targets: (input, find) =>
    onlyKey(
      ciphertextSource(find, {
        action: 'kms:Decrypt',
        ciphertext: input.CiphertextBlob,
        keyId: input.KeyId,
        keyMember: 'keyId',
        ignoresCiphertext: ignoresCiphertext(input),
        algorithm: input.EncryptionAlgorithm,
      }),
    ),
  conditions: (input) => ({
    ...contextConditions(input.EncryptionContext),
    ...recipientConditions(input),
    'kms:EncryptionAlgorithm': input.EncryptionAlgorithm,
  }),
  compare: (input, { key }) =>
    compareSource(key, { ignoresCiphertext: ignoresCiphertext(input), algorithm: input.EncryptionAlgorithm }),

  async run(input, { key }, { hsm }) {
    const answer = { KeyId: key.key.arn, EncryptionAlgorithm: input.EncryptionAlgorithm }
    if (ignoresCiphertext(input) || !input.CiphertextBlob) return { output: answer }
    const usable = key.usable()
    if (isError(usable)) return usable
    const recipient = recipientOf(input)
    if (isError(recipient)) return recipient
    const manner = mannerOf(input.EncryptionAlgorithm, input.EncryptionContext)
    if (isError(manner)) return manner
    const plaintext = await hsm.decrypt(usable, input.CiphertextBlob, manner, recipient)
    if (isError(plaintext)) return plaintext
    if (recipient) return { output: { ...answer, CiphertextForRecipient: plaintext }, ...recipientNoted(input) }
    const named = key.key.keySpec === 'SYMMETRIC_DEFAULT' ? { KeyMaterialId: usable.material.materialId } : {}
    return { output: { ...answer, Plaintext: plaintext, ...named } }
  },
})
