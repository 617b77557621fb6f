import { isError } from '../../domain/error.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * The HMAC of a message under an HMAC key.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
 */
export const GenerateMac = operation({
  name: 'GenerateMac',
  input: {
    Message: shapes.MessageType,
    KeyId: shapes.KeyIdType,
    MacAlgorithm: shapes.MacAlgorithmSpec,
    GrantTokens: optional(shapes.GrantTokenList),
    DryRun: optional(boolean()),
  },
  output: {
    Mac: optional(shapes.CiphertextType),
    MacAlgorithm: optional(shapes.MacAlgorithmSpec),
    KeyId: optional(shapes.KeyIdType),
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
  crypto: { usage: 'GENERATE_VERIFY_MAC', algorithm: (input) => input.MacAlgorithm },
  targets: (input, find) => onlyKey(find.keyToUse('kms:GenerateMac', input.KeyId)),
  conditions: (input) => ({ 'kms:MacAlgorithm': input.MacAlgorithm }),
  async run(input, { key }, { hsm }) {
    const usable = key.usable()
    if (isError(usable)) return usable
    const mac = await hsm.generateMac(usable, input.MacAlgorithm, input.Message)
    return isError(mac) ? mac : { output: { Mac: mac, MacAlgorithm: input.MacAlgorithm, KeyId: key.key.arn } }
  },
})
