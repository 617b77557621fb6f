import { isError } from '../../domain/error.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { ciphertextSource, compareSource, ignoresCiphertext } from './ciphertext-source.ts'
import { additionalDataOf, contextConditions } from './conditions.ts'
import { refuseRecipient } from './recipient.ts'
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
      }),
    ),
  conditions: (input) => ({
    ...contextConditions(input.EncryptionContext),
    'kms:EncryptionAlgorithm': input.EncryptionAlgorithm,
  }),
  compare: (input, { key }) => compareSource(key, ignoresCiphertext(input)),

  async run(input, { key }, { hsm }) {
    const answer = { KeyId: key.key.arn, EncryptionAlgorithm: input.EncryptionAlgorithm }
    if (ignoresCiphertext(input) || !input.CiphertextBlob) return { output: answer }
    const usable = key.usable()
    if (isError(usable)) return usable
    const refused = refuseRecipient(input)
    if (refused) return refused
    const additionalData = additionalDataOf(input.EncryptionContext)
    if (isError(additionalData)) return additionalData
    const plaintext = await hsm.decrypt(usable, input.CiphertextBlob, additionalData)
    if (isError(plaintext)) return plaintext
    return { output: { ...answer, Plaintext: plaintext, KeyMaterialId: usable.material.materialId } }
  },
})
