import { isError } from '../../domain/error.ts'
import type { IamRole } from '../../domain/iam.ts'
import { IAM_QUOTAS, ROLE_SESSION_SECONDS } from '../../domain/limits.ts'
import { optional, withDefault } from '../../protocol/shape.ts'
import { checkTrustPolicy } from '../../request/iam/documents.ts'
import { namedEntity } from '../../request/iam/entity-target.ts'
import { operation } from '../../request/operation.ts'
import { boundaryCondition, findBoundary } from './boundaries.ts'
import { newEntityId, tagConditions } from './change.ts'
import { newEntityTarget, shared } from './entity-operation.ts'
import { alreadyExists, quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { shownRole } from './shown.ts'
import { newTags, parseTags } from './tags.ts'

/**
 * A new role, for those whom its trust policy names.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
 */
export const CreateRole = operation({
  ...shared({ name: 'CreateRole' }),
  input: {
    Path: withDefault(shapes.PathType, '/'),
    RoleName: shapes.RoleNameType,
    AssumeRolePolicyDocument: shapes.PolicyDocumentType,
    Description: optional(shapes.RoleDescriptionType),
    MaxSessionDuration: withDefault(shapes.RoleMaxSessionDurationType, ROLE_SESSION_SECONDS.min),
    PermissionsBoundary: optional(shapes.ArnType),
    ...newTags,
  },
  output: { Role: optional(shapes.Role) },
  event: { response: 'output' },
  targets: async (input, find) => ({
    role: newEntityTarget(await namedEntity(find, 'iam:CreateRole', 'role', input.RoleName), find, input.Path),
  }),
  conditions: (input) => ({ ...tagConditions(input.Tags), ...boundaryCondition(input.PermissionsBoundary) }),
  async run(input, { role: { arn, entity } }, { store, iam, caller, clock, ids }) {
    const { account } = caller.scope
    if (entity) return alreadyExists('role', input.RoleName)
    const tags = parseTags(input.Tags ?? [])
    if (isError(tags)) return tags
    const trustBindings = await checkTrustPolicy(iam.binder, input.AssumeRolePolicyDocument)
    if (isError(trustBindings)) return trustBindings
    const boundary = await findBoundary(store, account, input.PermissionsBoundary)
    if (isError(boundary)) return boundary
    if ((await store.countEntities(account, 'role')) >= IAM_QUOTAS.roles)
      return quotaExceeded('RolesPerAccount', IAM_QUOTAS.roles)
    const role: IamRole = {
      kind: 'role',
      account,
      id: newEntityId('role', ids),
      name: input.RoleName,
      path: input.Path,
      arn,
      revision: 1,
      createdAt: clock.now(),
      tags,
      maxSessionSeconds: input.MaxSessionDuration,
      trustPolicy: input.AssumeRolePolicyDocument,
      trustBindings,
      inlinePolicies: [],
      attachedPolicies: [],
      ...boundary,
      ...(input.Description === undefined ? {} : { description: input.Description }),
    }
    return {
      output: { Role: shownRole(role, role.trustPolicy) },
      changes: [{ kind: 'insert-entity', entity: role }],
    }
  },
})
