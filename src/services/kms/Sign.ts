import { isError } from '../../domain/error.ts'
import { refuseMessage } from '../../domain/signing-algorithm.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * The signature of a message, or of its digest, under a private key.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
export const Sign = operation({
  name: 'Sign',
  input: {
    KeyId: shapes.KeyIdType,
    Message: shapes.MessageType,
    MessageType: withDefault(shapes.MessageTypeType, 'RAW'),
    SigningAlgorithm: shapes.SigningAlgorithmSpec,
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
  },
  output: {
    KeyId: optional(shapes.KeyIdType),
    Signature: optional(shapes.CiphertextType),
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
  ],
  readOnly: true,
  quota: 'asymmetric',
  states: 'crypto',
  crypto: { usage: 'SIGN_VERIFY', algorithm: (input) => input.SigningAlgorithm },
  targets: (input, find) => onlyKey(find.keyToUse('kms:Sign', input.KeyId)),
  conditions: (input) => ({ 'kms:SigningAlgorithm': input.SigningAlgorithm, 'kms:MessageType': input.MessageType }),

  async run(input, { key }, { hsm }) {
    const { SigningAlgorithm, MessageType, Message } = input
    const usable = key.usable()
    if (isError(usable)) return usable
    const unfit = refuseMessage(SigningAlgorithm, MessageType, Message)
    if (unfit) return unfit
    const signable = { algorithm: SigningAlgorithm, messageType: MessageType, message: Message }
    const signature = await hsm.sign(usable, signable)
    return isError(signature) ? signature : { output: { KeyId: key.key.arn, Signature: signature, SigningAlgorithm } }
  },
})
