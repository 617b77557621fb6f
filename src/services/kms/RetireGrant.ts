import { error, isError, type ServiceError } from '../../domain/error.ts'
import { type Grant, grantNotFound } from '../../domain/grant.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import type { Finder } from '../../request/finder.ts'
import { operation } from '../../request/operation.ts'
import type { KeyTarget } from '../../request/targets.ts'
import { constraintConditions } from './grant-conditions.ts'
import { grantIdOf } from './grant-entry.ts'
import * as grantShapes from './grant-shapes.ts'
import * as shapes from './shapes.ts'

const ACTION = 'kms:RetireGrant'

/**
 * Deletes a grant that is no longer needed, for those whom the grant itself lets do so. No call that starts later may use it.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html
 */
export const RetireGrant = operation({
  name: 'RetireGrant',
  input: {
    GrantToken: optional(grantShapes.GrantTokenType),
    KeyId: optional(shapes.KeyIdType),
    GrantId: optional(grantShapes.GrantIdType),
    DryRun: optional(boolean()),
  },
  errors: [
    'InvalidArnException',
    'InvalidGrantTokenException',
    'InvalidGrantIdException',
    'NotFoundException',
    'KMSInvalidStateException',
    'DryRunOperationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'any',
  event: { response: 'arn' },

  async targets({ GrantToken, KeyId, GrantId }, find) {
    const isWhole = GrantToken === undefined ? KeyId !== undefined && GrantId !== undefined : !KeyId && !GrantId
    if (!isWhole) return error('ValidationException', 'A grant token, or a key id and a grant id, must be specified.')
    const key = GrantToken === undefined ? await namedGrant(find, KeyId, GrantId) : await tokenGrant(find, GrantToken)
    return isError(key) ? key : { key }
  },
  conditions: (_input, _target, { key }) => constraintConditions(key.grant?.constraint),
  async run(input, { key: { grant } }) {
    if (!grant) return grantNotFound(input.GrantId ?? '')
    // A token does not show in the event, so that nothing else would tell which grant it was.
    return { output: {}, changes: [{ kind: 'delete-grant', grant }], noted: { grantId: grant.grantId } }
  },
})

type GrantTarget = KeyTarget<typeof ACTION>

async function tokenGrant(find: Finder, token: string): Promise<GrantTarget | ServiceError> {
  const grant = await find.grantOfToken(token)
  const key = isError(grant) ? undefined : await find.keyOf(grant)
  if (isError(grant)) return grant
  // A key takes its grants along when it is deleted, which happened between the two looks.
  return key ? targetOf({ kind: 'key', action: ACTION, key }, grant) : grantNotFound(grant.grantId)
}

/** Whether there is such a grant shows only once the caller may know: a target without one is decided all the same. */
async function namedGrant(find: Finder, keyId = '', grantId = ''): Promise<GrantTarget | ServiceError> {
  const id = grantIdOf(grantId)
  if (isError(id)) return id
  const target = await find.key(ACTION, keyId, 'refused')
  return isError(target) ? target : targetOf(target, await find.grant(target.key, id))
}

const targetOf = (target: GrantTarget, grant: Grant | undefined): GrantTarget => (grant ? { ...target, grant } : target)
