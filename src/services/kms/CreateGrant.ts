import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Key } from '../../domain/key.ts'
import { boolean, optional } from '../../protocol/shape.ts'
import { issueGrantToken } from '../../request/grant-token.ts'
import { operation } from '../../request/operation.ts'
import type { Store } from '../../request/ports.ts'
import { BY_NO_SERVICE, constraintConditions } from './grant-conditions.ts'
import * as grantShapes from './grant-shapes.ts'
import { newGrant, permissionWanted, refuseWanted } from './new-grant.ts'
import * as shapes from './shapes.ts'

/**
 * Lets a principal use a key, in force when the call returns. Repeating a call with a name answers the grant it made.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
 */
export const CreateGrant = operation({
  name: 'CreateGrant',
  input: {
    KeyId: shapes.KeyIdType,
    GranteePrincipal: grantShapes.PrincipalIdType,
    RetiringPrincipal: optional(grantShapes.PrincipalIdType),
    Operations: grantShapes.GrantOperationList,
    Constraints: optional(grantShapes.GrantConstraints),
    GrantTokens: optional(shapes.GrantTokenList),
    Name: optional(grantShapes.GrantNameType),
    DryRun: optional(boolean()),
  },
  output: { GrantToken: optional(grantShapes.GrantTokenType), GrantId: optional(grantShapes.GrantIdType) },
  errors: [
    'NotFoundException',
    'DisabledException',
    'InvalidArnException',
    'InvalidGrantTokenException',
    'LimitExceededException',
    'KMSInvalidStateException',
    'DryRunOperationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'grantable',
  event: { response: 'output-and-arn' },

  async targets(input, find) {
    const refused = refuseWanted(input)
    if (refused) return refused
    const key = await find.key('kms:CreateGrant', input.KeyId, 'refused')
    return isError(key) ? key : { key: { ...key, requestedGrant: permissionWanted(input) } }
  },
  conditions: (input) => ({
    ...BY_NO_SERVICE,
    'kms:GrantOperations': input.Operations,
    'kms:GranteePrincipal': input.GranteePrincipal,
    'kms:RetiringPrincipal': input.RetiringPrincipal,
    ...constraintConditions(permissionWanted(input).constraint),
  }),

  async run(input, { key: { key, proof } }, call) {
    const wanted = await newGrant(input, key, call)
    if (isError(wanted)) return wanted
    const same = await call.store.findSameGrant(wanted)
    const grantsMax = await call.quotas.resource(key, 'grantsPerKey')
    const full = same ? undefined : await refuseFullKey(call.store, key, grantsMax)
    if (full) return full
    const grant = same ?? wanted
    const token = await issueGrantToken(call, proof, grant)
    if (isError(token)) return token
    return {
      output: { GrantToken: token, GrantId: grant.grantId },
      changes: same ? [] : [{ kind: 'insert-grant', grant, grantsMax }],
    }
  },
})

async function refuseFullKey(store: Store, key: Key, grantsMax: number): Promise<ServiceError | undefined> {
  return (await store.countGrants(key, key.keyId)) < grantsMax
    ? undefined
    : error('LimitExceededException', `The limit of ${grantsMax} grants for ${key.arn} has been reached.`)
}
