import { isError } from '../../domain/error.ts'
import { list, optional, structure, text } from '../../protocol/shape.ts'
import { checkTrustPolicy } from '../../request/iam/documents.ts'
import type { Operation } from '../../request/operation.ts'
import { changed } from './change.ts'
import { onEntity } from './entity-operation.ts'
import { deleteConflict } from './refusal.ts'
import * as shapes from './shapes.ts'
import { shownRole } from './shown.ts'
import { shownTrustPolicy } from './trust.ts'

/** What is done with a role that exists; each takes effect on the role's sessions too. Source: IAM API reference. */
export const ROLE_OPERATIONS: readonly Operation[] = [
  onEntity('role', {
    name: 'GetRole',
    output: { Role: optional(shapes.Role) },
    run: async (role, _input, { iam }) => ({
      output: { Role: shownRole(role, await shownTrustPolicy(role, iam.binder)) },
    }),
  }),
  onEntity('role', {
    name: 'UpdateRole',
    input: {
      Description: optional(shapes.RoleDescriptionType),
      MaxSessionDuration: optional(shapes.RoleMaxSessionDurationType),
    },
    output: {},
    run: (role, { Description, MaxSessionDuration }) => ({
      output: {},
      changes: [
        changed(role, {
          ...(Description === undefined ? {} : { description: Description }),
          ...(MaxSessionDuration === undefined ? {} : { maxSessionSeconds: MaxSessionDuration }),
        }),
      ],
    }),
  }),
  onEntity('role', {
    name: 'UpdateRoleDescription',
    input: { Description: shapes.RoleDescriptionType },
    output: { Role: optional(shapes.Role) },
    async run(role, { Description }, { iam }) {
      const next = { ...role, description: Description }
      return {
        output: { Role: shownRole(next, await shownTrustPolicy(next, iam.binder)) },
        changes: [changed(role, { description: Description })],
      }
    },
  }),
  onEntity('role', {
    name: 'UpdateAssumeRolePolicy',
    input: { PolicyDocument: shapes.PolicyDocumentType },
    async run(role, { PolicyDocument }, { iam }) {
      const trustBindings = await checkTrustPolicy(iam.binder, PolicyDocument)
      if (isError(trustBindings)) return trustBindings
      return { output: {}, changes: [changed(role, { trustPolicy: PolicyDocument, trustBindings })] }
    },
  }),
  onEntity('role', {
    name: 'DeleteRole',
    run(role) {
      if (role.attachedPolicies.length > 0) return deleteConflict('detach all policies')
      if (role.inlinePolicies.length > 0) return deleteConflict('delete policies')
      return { output: {}, changes: [{ kind: 'delete-entity', entity: role }] }
    },
  }),
  // No instances run here, so no role is in a profile of one. Clients ask before they delete a role.
  onEntity('role', {
    name: 'ListInstanceProfilesForRole',
    input: shapes.pageInput,
    output: { InstanceProfiles: list(structure({ InstanceProfileName: text() })), ...shapes.pageOutput },
    run: () => ({ output: { InstanceProfiles: [], IsTruncated: false } }),
  }),
]
