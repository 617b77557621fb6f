import { error, isError } from '../../domain/error.ts'
import { isKeyPairSpec } from '../../domain/key-spec.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { publicKeyMetadata } from './key-metadata.ts'
import * as shapes from './shapes.ts'

/**
 * The public half of a key pair. Using it is using the key, so that a disabled key refuses.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html
 */
export const GetPublicKey = operation({
  name: 'GetPublicKey',
  input: { KeyId: shapes.KeyIdType, GrantTokens: optional(shapes.GrantTokenList) },
  output: shapes.GetPublicKeyOutput,
  errors: [
    'NotFoundException',
    'DisabledException',
    'KeyUnavailableException',
    'UnsupportedOperationException',
    'InvalidArnException',
    'InvalidGrantTokenException',
    'InvalidKeyUsageException',
    'KMSInvalidStateException',
  ],
  readOnly: true,
  quota: 'management',
  states: 'crypto',
  targets: (input, find) => onlyKey(find.keyToUse('kms:GetPublicKey', input.KeyId)),
  async run(_input, { key }, { hsm }) {
    if (!isKeyPairSpec(key.key.keySpec)) return error('UnsupportedOperationException')
    const usable = key.usable()
    if (isError(usable)) return usable
    const publicKey = await hsm.publicKey(usable)
    return isError(publicKey) ? publicKey : { output: publicKeyMetadata(key.key, publicKey) }
  },
})
