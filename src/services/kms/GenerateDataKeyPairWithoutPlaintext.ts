import { isError } from '../../domain/error.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { contextConditions } from './conditions.ts'
import { refuseInKeyStore } from './custom-key-store.ts'
import { dataKeyPair } from './data-key-pair.ts'
import * as shapes from './shapes.ts'

/**
 * A new key pair for use outside: the public key, and the private key encrypted under a symmetric key alone.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html
 */
export const GenerateDataKeyPairWithoutPlaintext = operation({
  name: 'GenerateDataKeyPairWithoutPlaintext',
  input: {
    EncryptionContext: optional(shapes.EncryptionContextType),
    KeyId: shapes.KeyIdType,
    KeyPairSpec: shapes.DataKeyPairSpec,
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
  },
  output: {
    PrivateKeyCiphertextBlob: optional(shapes.CiphertextType),
    PublicKey: optional(shapes.PublicKeyType),
    KeyId: optional(shapes.KeyIdType),
    KeyPairSpec: optional(shapes.DataKeyPairSpec),
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
  targets: (input, find) => onlyKey(find.keyToUse('kms:GenerateDataKeyPairWithoutPlaintext', input.KeyId)),
  conditions: (input) => ({
    ...contextConditions(input.EncryptionContext),
    'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT',
    'kms:DataKeyPairSpec': input.KeyPairSpec,
  }),
  compare: (_input, { key }) => refuseInKeyStore(key.key),

  async run(input, { key }, { hsm }) {
    const made = await dataKeyPair(hsm, key.usable(), input, 'none')
    if (isError(made)) return made
    return {
      output: {
        PrivateKeyCiphertextBlob: made.ciphertext,
        PublicKey: made.publicKey,
        KeyId: key.key.arn,
        KeyPairSpec: input.KeyPairSpec,
        KeyMaterialId: made.materialId,
      },
    }
  },
})
