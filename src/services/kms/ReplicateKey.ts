import { keyArn, parseRegion, partitionOf, type Region } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Key, Tag } from '../../domain/key.ts'
import { REPLICAS_MAX } from '../../domain/limits.ts'
import { refuseUnlessPrimary, withReplica } from '../../domain/multi-region.ts'
import { parseTags } from '../../domain/tag.ts'
import { boolean, type Fields, optional, withDefault } from '../../protocol/shape.ts'
import { type Call, type Elsewhere, operation } from '../../request/operation.ts'
import { relatedKeys, relationChanges } from '../../request/related-keys.ts'
import { synchronizationDuty } from '../../request/replica-synchronization.ts'
import { CreateKey } from './CreateKey.ts'
import { keyMetadata } from './key-metadata.ts'
import * as shapes from './shapes.ts'

/**
 * Makes a replica of a multi-Region primary in another Region: the same key id and material, and everything else its own.
 * It answers a key that is being created; its material follows as a duty of the service.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
 */
export const ReplicateKey = operation({
  name: 'ReplicateKey',
  input: {
    KeyId: shapes.KeyIdType,
    ReplicaRegion: shapes.RegionType,
    Policy: optional(shapes.PolicyType),
    BypassPolicyLockoutSafetyCheck: optional(boolean()),
    Description: withDefault(shapes.DescriptionType, ''),
    Tags: optional(shapes.TagList),
  },
  output: {
    ReplicaKeyMetadata: optional(shapes.KeyMetadata),
    ReplicaPolicy: optional(shapes.PolicyType),
    ReplicaTags: optional(shapes.TagList),
  },
  errors: [
    'AlreadyExistsException',
    'DisabledException',
    'InvalidArnException',
    'KMSInvalidStateException',
    'LimitExceededException',
    'MalformedPolicyDocumentException',
    'NotFoundException',
    'TagException',
    'UnsupportedOperationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'replicable',
  event: { response: 'output' },
  shown: (input) => ({
    ...input,
    BypassPolicyLockoutSafetyCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
  }),

  /** The replica is created in its own Region, where the caller must be allowed to. */
  async targets(input, find) {
    const key = await find.key('kms:ReplicateKey', input.KeyId, 'refused')
    if (isError(key)) return key
    const region = parseRegion(input.ReplicaRegion)
    const inReplica = { kind: 'account', ...(region ? { region } : {}) } as const
    const create = { key, create: { ...inReplica, action: 'kms:CreateKey' } } as const
    return input.Tags ? { ...create, tags: { ...inReplica, action: 'kms:TagResource' } as const } : create
  },

  conditions(input, target, { key: { key } }) {
    const tags = {
      ...Object.fromEntries((input.Tags ?? []).map((tag) => [`aws:RequestTag/${tag.TagKey}`, tag.TagValue])),
      'aws:TagKeys': input.Tags?.map((tag) => tag.TagKey),
      'kms:BypassPolicyLockoutSafetyCheck': input.BypassPolicyLockoutSafetyCheck?.toString(),
    }
    if (target === 'key') return { ...tags, 'kms:ReplicaRegion': input.ReplicaRegion }
    return {
      ...tags,
      'kms:KeySpec': key.keySpec,
      'kms:CustomerMasterKeySpec': key.keySpec,
      'kms:KeyUsage': key.keyUsage,
      'kms:CustomerMasterKeyUsage': key.keyUsage,
      'kms:KeyOrigin': key.origin,
      'kms:MultiRegion': 'true',
      'kms:MultiRegionKeyType': 'REPLICA',
    }
  },

  compare: (_input, { key }) => refuseUnlessPrimary(key.key),

  async run(input, { key: { key: primary } }, call) {
    const region = freeRegion(primary, input.ReplicaRegion, call)
    if (isError(region)) return region
    const tags = parseTags(input.Tags ?? [])
    if (isError(tags)) return tags
    const keysMax = await call.quotas.resource({ account: primary.account, region }, 'keysPerRegion')
    const full = await refuseFullRegion(primary, region, keysMax, call)
    if (full) return full
    const made = replicaOf(primary, region, { description: input.Description, tags, createdAt: call.clock.now() })
    const bypassesLockoutCheck = input.BypassPolicyLockoutSafetyCheck ?? false
    const policy =
      input.Policy === undefined
        ? {}
        : await call.policies.check({ text: input.Policy, bypassesLockoutCheck, caller: call.caller, key: made })
    if (isError(policy)) return policy
    const replica = { ...made, ...policy }
    const others = [primary, ...(await relatedKeys(call.store, primary))]
    return {
      output: {
        ReplicaKeyMetadata: keyMetadata(replica),
        ReplicaPolicy: await call.policies.shown(replica),
        ...(tags.length === 0 ? {} : { ReplicaTags: tags }),
      },
      changes: [
        { kind: 'insert-key', key: replica, keysMax },
        ...relationChanges(others, replica.related),
        { kind: 'put-duty', duty: synchronizationDuty(replica, call.clock.now()) },
      ],
      elsewhere: [creation(replica, input)],
    }
  },
})

/** The Region as one that a replica may be in. */
function freeRegion(primary: Key, named: string, call: Call): Region | ServiceError {
  const region = parseRegion(named)
  if (!region || !call.serves(region) || partitionOf(region) !== partitionOf(primary.region))
    return error('UnsupportedOperationException', `Keys cannot be replicated to the Region ${named}.`)
  return region === primary.region
    ? error('UnsupportedOperationException', `${primary.arn} is in the Region ${named} itself.`)
    : region
}

async function refuseFullRegion(
  primary: Key,
  region: Region,
  keysMax: number,
  { store }: Call,
): Promise<ServiceError | undefined> {
  const { account, keyId, related } = primary
  const scope = { account, region }
  if (await store.findKey(scope, keyId))
    return error('AlreadyExistsException', `Key '${keyArn(scope, keyId)}' already exists`)
  if ((related?.replicas.length ?? 0) >= REPLICAS_MAX)
    return error('LimitExceededException', `The limit of ${REPLICAS_MAX} replicas of ${primary.arn} has been reached.`)
  if ((await store.countKeys(scope)) < keysMax) return undefined
  return error('LimitExceededException', `The limit of ${keysMax} keys in this account and Region has been reached.`)
}

type Own = { readonly description: string; readonly tags: readonly Tag[]; readonly createdAt: number }

/** What is shared comes from the primary; nothing else is copied. */
function replicaOf(primary: Key, region: Region, own: Own) {
  const { account, keyId, keySpec, keyUsage, origin, manager } = primary
  const related = withReplica(primary.related ?? { primary: primary.region, replicas: [] }, region)
  const arn = keyArn({ account, region }, keyId)
  const state = { name: 'Creating' } as const
  const shared = { account, keyId, keySpec, keyUsage, origin, manager, multiRegion: true }
  const rotation = primary.rotation ? { rotation: primary.rotation } : {}
  return { ...shared, ...own, ...rotation, region, arn, revision: 1, state, related } satisfies Key
}

/** The event by which the replica's Region learns of its key. Source: CloudTrail records of ReplicateKey. */
function creation(replica: Key, { Policy, BypassPolicyLockoutSafetyCheck, Description, Tags }: Fields): Elsewhere {
  const { keySpec, keyUsage, origin } = replica
  const value = {
    ...(Policy === undefined ? {} : { Policy }),
    BypassPolicyLockoutSafetyCheck: BypassPolicyLockoutSafetyCheck ?? false,
    Description,
    CustomerMasterKeySpec: keySpec,
    KeySpec: keySpec,
    KeyUsage: keyUsage,
    Origin: origin,
    ...(Tags === undefined ? {} : { Tags }),
    MultiRegion: true,
  }
  return {
    eventName: 'CreateKey',
    key: replica,
    request: { members: CreateKey.input, value },
    response: { members: CreateKey.output ?? {}, value: { KeyMetadata: keyMetadata(replica) } },
  }
}
