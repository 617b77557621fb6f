import { partitionOf } from '../../domain/arn.ts'
import { error, isError } from '../../domain/error.ts'
import { entityArn, type ManagedPolicy } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { optional, withDefault } from '../../protocol/shape.ts'
import { checkDocument, checkManagedSize } from '../../request/iam/documents.ts'
import { namedEntity } from '../../request/iam/entity-target.ts'
import { operation } from '../../request/operation.ts'
import { newEntityId, tagConditions } from './change.ts'
import { newEntityTarget, shared } from './entity-operation.ts'
import { quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { shownPolicy } from './shown.ts'
import { newTags, parseTags } from './tags.ts'

/**
 * A new managed policy, with its first version in force wherever it will be attached.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
 */
export const CreatePolicy = operation({
  ...shared({ name: 'CreatePolicy' }),
  input: {
    PolicyName: shapes.PolicyNameType,
    Path: withDefault(shapes.PolicyPathType, '/'),
    PolicyDocument: shapes.PolicyDocumentType,
    Description: optional(shapes.PolicyDescriptionType),
    ...newTags,
  },
  output: { Policy: optional(shapes.Policy) },
  event: { response: 'output' },
  targets: async (input, find) => ({
    policy: newEntityTarget(await namedEntity(find, 'iam:CreatePolicy', 'policy', input.PolicyName), find, input.Path),
  }),
  conditions: (input) => tagConditions(input.Tags),
  async run(input, { policy: { entity } }, { store, caller, clock, ids }) {
    const { account, region } = caller.scope
    const { PolicyName, PolicyDocument, Path, Description } = input
    if (entity)
      return error(
        'EntityAlreadyExists',
        `A policy called ${PolicyName} already exists. Duplicate names are not allowed.`,
      )
    const tags = parseTags(input.Tags ?? [])
    if (isError(tags)) return tags
    const refused = checkDocument('identity', PolicyDocument) ?? checkManagedSize(PolicyDocument)
    if (refused) return refused
    if ((await store.countEntities(account, 'policy')) >= IAM_QUOTAS.policies)
      return quotaExceeded('PoliciesPerAccount', IAM_QUOTAS.policies)
    const createdAt = clock.now()
    const policy: ManagedPolicy = {
      kind: 'policy',
      account,
      id: newEntityId('policy', ids),
      name: PolicyName,
      path: Path,
      arn: entityArn('policy', { partition: partitionOf(region), account }, Path, PolicyName),
      revision: 1,
      createdAt,
      updatedAt: createdAt,
      tags,
      versions: [{ number: 1, document: PolicyDocument, createdAt }],
      defaultVersion: 1,
      lastVersion: 1,
      ...(Description === undefined ? {} : { description: Description }),
    }
    const shown = shownPolicy(policy, { attachments: 0, boundaries: 0 })
    return { output: { Policy: shown }, changes: [{ kind: 'insert-entity', entity: policy }] }
  },
})
