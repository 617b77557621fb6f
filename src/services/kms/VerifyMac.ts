import { isError } from '../../domain/error.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * Whether an HMAC is that of the message under the key; a wrong one is an error, never `false`.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html
 */
export const VerifyMac = operation({
  name: 'VerifyMac',
  input: {
    Message: shapes.MessageType,
    KeyId: shapes.KeyIdType,
    MacAlgorithm: shapes.MacAlgorithmSpec,
    Mac: shapes.CiphertextType,
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
  },
  output: {
    KeyId: optional(shapes.KeyIdType),
    MacValid: optional(boolean()),
    MacAlgorithm: optional(shapes.MacAlgorithmSpec),
  },
  errors: [
    'NotFoundException',
    'DisabledException',
    'KeyUnavailableException',
    'InvalidKeyUsageException',
    'InvalidGrantTokenException',
    'KMSInvalidStateException',
    'DryRunOperationException',
    'KMSInvalidMacException',
  ],
  readOnly: true,
  quota: 'symmetric',
  states: 'crypto',
  crypto: { usage: 'GENERATE_VERIFY_MAC', algorithm: (input) => input.MacAlgorithm },
  targets: (input, find) => onlyKey(find.keyToUse('kms:VerifyMac', input.KeyId)),
  conditions: (input) => ({ 'kms:MacAlgorithm': input.MacAlgorithm }),
  async run(input, { key }, { hsm }) {
    const usable = key.usable()
    if (isError(usable)) return usable
    const refused = await hsm.verifyMac(usable, input.MacAlgorithm, input.Message, input.Mac)
    return refused ?? { output: { KeyId: key.key.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm } }
  },
})
