import { isError } from '../../domain/error.ts'
import { grantNotFound } from '../../domain/grant.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { BY_NO_SERVICE } from './grant-conditions.ts'
import { grantIdOf } from './grant-entry.ts'
import * as grantShapes from './grant-shapes.ts'
import * as shapes from './shapes.ts'

/**
 * Deletes a grant for those who administer the key. No call that starts later may use it.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html
 */
export const RevokeGrant = operation({
  name: 'RevokeGrant',
  input: { KeyId: shapes.KeyIdType, GrantId: grantShapes.GrantIdType, DryRun: optional(boolean()) },
  errors: [
    'NotFoundException',
    'InvalidArnException',
    'InvalidGrantIdException',
    'KMSInvalidStateException',
    'DryRunOperationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'any',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:RevokeGrant', input.KeyId, 'refused')),
  conditions: () => BY_NO_SERVICE,
  async run(input, { key: { key } }, { store }) {
    const grantId = grantIdOf(input.GrantId)
    if (isError(grantId)) return grantId
    const grant = await store.findGrant(key, key.keyId, grantId)
    return grant ? { output: {}, changes: [{ kind: 'delete-grant', grant }] } : grantNotFound(grantId)
  },
})
