import { isError } from '../../domain/error.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { contextConditions } from './conditions.ts'
import { refuseInKeyStore } from './custom-key-store.ts'
import { dataKeyPair } from './data-key-pair.ts'
import { recipientConditions, recipientNoted, recipientOf } from './recipient.ts'
import * as shapes from './shapes.ts'

/**
 * A new key pair for use outside: the public key, and the private key in the clear and encrypted under a symmetric key.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html
 */
export const GenerateDataKeyPair = operation({
  name: 'GenerateDataKeyPair',
  input: {
    EncryptionContext: optional(shapes.EncryptionContextType),
    KeyId: shapes.KeyIdType,
    KeyPairSpec: shapes.DataKeyPairSpec,
    GrantTokens: optional(shapes.GrantTokenList),
    Recipient: optional(shapes.RecipientInfo),
    DryRun: optional(boolean()),
  },
  output: {
    PrivateKeyCiphertextBlob: optional(shapes.CiphertextType),
    PrivateKeyPlaintext: optional(shapes.PlaintextType),
    PublicKey: optional(shapes.PublicKeyType),
    KeyId: optional(shapes.KeyIdType),
    KeyPairSpec: optional(shapes.DataKeyPairSpec),
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
    'UnsupportedOperationException',
  ],
  readOnly: true,
  quota: 'asymmetric',
  states: 'crypto',
  crypto: { usage: 'ENCRYPT_DECRYPT', algorithm: () => 'SYMMETRIC_DEFAULT' },
  targets: (input, find) => onlyKey(find.keyToUse('kms:GenerateDataKeyPair', input.KeyId)),
  conditions: (input) => ({
    ...contextConditions(input.EncryptionContext),
    ...recipientConditions(input),
    'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT',
    'kms:DataKeyPairSpec': input.KeyPairSpec,
  }),
  compare: (_input, { key }) => refuseInKeyStore(key.key),

  async run(input, { key }, { hsm }) {
    const recipient = recipientOf(input)
    if (isError(recipient)) return recipient
    const made = await dataKeyPair(hsm, key.usable(), input, recipient ?? 'in the clear')
    if (isError(made)) return made
    return {
      output: {
        PrivateKeyCiphertextBlob: made.ciphertext,
        ...(made.privateKey ? { [recipient ? 'CiphertextForRecipient' : 'PrivateKeyPlaintext']: made.privateKey } : {}),
        PublicKey: made.publicKey,
        KeyId: key.key.arn,
        KeyPairSpec: input.KeyPairSpec,
        KeyMaterialId: made.materialId,
      },
      ...recipientNoted(input),
    }
  },
})
