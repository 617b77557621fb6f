import { isError } from '../../domain/error.ts'
import { refuseMessage } from '../../domain/signing-algorithm.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * Whether a signature is that of the message under the key; a wrong one is an error, never `false`.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html
 */
export const Verify = operation({
  name: 'Verify',
  input: {
    KeyId: shapes.KeyIdType,
    Message: shapes.MessageType,
    MessageType: withDefault(shapes.MessageTypeType, 'RAW'),
    Signature: shapes.CiphertextType,
    SigningAlgorithm: shapes.SigningAlgorithmSpec,
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
  },
  output: {
    KeyId: optional(shapes.KeyIdType),
    SignatureValid: optional(boolean()),
    SigningAlgorithm: optional(shapes.SigningAlgorithmSpec),
  },
  errors: [
    'NotFoundException',
    'DisabledException',
    'KeyUnavailableException',
    'InvalidKeyUsageException',
    'InvalidGrantTokenException',
    'KMSInvalidStateException',
    'DryRunOperationException',
    'KMSInvalidSignatureException',
  ],
  readOnly: true,
  quota: 'asymmetric',
  states: 'crypto',
  crypto: { usage: 'SIGN_VERIFY', algorithm: (input) => input.SigningAlgorithm },
  targets: (input, find) => onlyKey(find.keyToUse('kms:Verify', input.KeyId)),
  conditions: (input) => ({ 'kms:SigningAlgorithm': input.SigningAlgorithm, 'kms:MessageType': input.MessageType }),

  async run(input, { key }, { hsm }) {
    const { SigningAlgorithm, MessageType, Message } = input
    const usable = key.usable()
    if (isError(usable)) return usable
    const unfit = refuseMessage(SigningAlgorithm, MessageType, Message)
    if (unfit) return unfit
    const signable = { algorithm: SigningAlgorithm, messageType: MessageType, message: Message }
    const refused = await hsm.verify(usable, signable, input.Signature)
    return refused ?? { output: { KeyId: key.key.arn, SignatureValid: true, SigningAlgorithm } }
  },
})
