import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { custodyMetadata } from './key-in-store.ts'
import { keyMetadata } from './key-metadata.ts'
import * as shapes from './shapes.ts'

/** Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
export const DescribeKey = operation({
  name: 'DescribeKey',
  input: { KeyId: shapes.KeyIdType, GrantTokens: optional(shapes.GrantTokenList) },
  output: { KeyMetadata: optional(shapes.KeyMetadata) },
  errors: ['NotFoundException', 'InvalidArnException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:DescribeKey', input.KeyId, 'accepted')),
  async run(_input, { key: { key } }, { store }) {
    const keyStore = key.custody && (await store.findCustomKeyStore(key, key.custody.keyStoreId))
    return { output: { KeyMetadata: { ...keyMetadata(key), ...custodyMetadata(key, keyStore) } } }
  },
})
