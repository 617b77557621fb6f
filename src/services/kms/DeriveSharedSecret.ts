import { isError } from '../../domain/error.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { recipientConditions, recipientNoted, recipientOf } from './recipient.ts'
import * as shapes from './shapes.ts'

/**
 * The secret that a key pair shares with the owner of another on the same curve.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html
 */
export const DeriveSharedSecret = operation({
  name: 'DeriveSharedSecret',
  input: {
    KeyId: shapes.KeyIdType,
    KeyAgreementAlgorithm: shapes.KeyAgreementAlgorithmSpec,
    PublicKey: shapes.PublicKeyType,
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
    Recipient: optional(shapes.RecipientInfo),
  },
  output: {
    KeyId: optional(shapes.KeyIdType),
    SharedSecret: optional(shapes.PlaintextType),
    CiphertextForRecipient: optional(shapes.CiphertextType),
    KeyAgreementAlgorithm: optional(shapes.KeyAgreementAlgorithmSpec),
    KeyOrigin: optional(shapes.OriginType),
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
  quota: 'asymmetric',
  states: 'crypto',
  crypto: { usage: 'KEY_AGREEMENT', algorithm: (input) => input.KeyAgreementAlgorithm },
  targets: (input, find) => onlyKey(find.keyToUse('kms:DeriveSharedSecret', input.KeyId)),
  conditions: (input) => ({
    'kms:KeyAgreementAlgorithm': input.KeyAgreementAlgorithm,
    ...recipientConditions(input),
  }),

  async run(input, { key }, { hsm }) {
    const usable = key.usable()
    if (isError(usable)) return usable
    const recipient = recipientOf(input)
    if (isError(recipient)) return recipient
    const secret = await hsm.deriveSharedSecret(usable, input.PublicKey, recipient)
    if (isError(secret)) return secret
    const { KeyAgreementAlgorithm } = input
    const answer = { KeyId: key.key.arn, KeyAgreementAlgorithm, KeyOrigin: key.key.origin }
    if (recipient) return { output: { ...answer, CiphertextForRecipient: secret }, ...recipientNoted(input) }
    return { output: { ...answer, SharedSecret: secret } }
  },
})
