import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  denied,
  expects,
  isAbout,
  milliseconds,
  noSuchKey,
  type Refusal,
  refused,
  refusedByState,
} from './expectation.ts'
import { isReplica, keyIn, type ModelKey, REGIONS, type Region, type World } from './state.ts'
import { chosen, chosenKey, nameOf, nth, often, region, seldom, step } from './step.ts'

const notPrimary = (key: ModelKey): Refusal | undefined =>
  key.family.isMultiRegion && !isReplica(key)
    ? undefined
    : ['UnsupportedOperationException', `${key.arn} is not a multi-region primary key.`]

/** A multi-Region key: its primary, when the step aims well. */
function asked(world: World, pick: number, aims: boolean): ModelKey | undefined {
  const key = chosenKey(world, pick, ({ family }) => family.isMultiRegion)
  return key && aims ? (keyIn(world, key.family, key.family.primary) ?? key) : key
}

const arnIn = ({ account }: World, { family }: ModelKey, place: Region) =>
  `arn:aws:kms:${place}:${account}:key/${family.keyId}`

export const replicates = step(
  'replicateKey',
  fc.record({ key: nth, at: region, aims: often, tag: seldom }),
  async (world, { key: pick, at, aims, tag }) => {
    const key = asked(world, pick, aims)
    if (!key) return
    const { family } = key
    const free = REGIONS.filter((place) => !keyIn(world, family, place))
    const to = aims ? (chosen(free, pick) ?? at) : at
    const own: Refusal | undefined = to === key.region ? ['UnsupportedOperationException'] : undefined
    const exists: Refusal | undefined = keyIn(world, family, to) ? ['AlreadyExistsException'] : undefined
    const refusal = refused(key, 'ReplicateKey') ?? notPrimary(key) ?? own ?? exists
    const described = tag ? { Description: 'copy', Tags: [{ TagKey: 'r', TagValue: '1' }] } : {}
    const input = { KeyId: nameOf(key, pick), ReplicaRegion: to, ...described }
    const answer = await expects(world, 'ReplicateKey', input, key, refusal)
    if (!answer) return
    const { Arn, KeyState, CreationDate } = answer.ReplicaKeyMetadata
    const arn = arnIn(world, key, to)
    assert.deepEqual([Arn, KeyState], [arn, 'Creating'])
    isAbout(CreationDate, world.server.now(), 'CreationDate')
    family.replicas.push(to)
    // A replica that was deleted is there again.
    world.keys = world.keys.filter((other) => other.arn !== arn)
    world.keys.push({
      family,
      region: to,
      arn,
      state: { name: family.origin === 'AWS_KMS' ? 'Enabled' : 'PendingImport' },
      isGone: false,
      description: tag ? 'copy' : '',
      tags: new Map(tag ? [['r', '1']] : []),
      policy: 'default',
      createdAt: milliseconds(CreationDate),
      present: new Map(),
      grants: [],
    })
  },
)

export const changesPrimary = step(
  'updatePrimaryRegion',
  fc.record({ key: nth, at: region, aims: often }),
  async (world, { key: pick, at, aims }) => {
    const key = asked(world, pick, aims)
    if (!key) return
    const { family } = key
    const to = aims ? (chosen(family.replicas, pick) ?? at) : at
    const successor = family.replicas.includes(to) && to !== key.region ? keyIn(world, family, to) : undefined
    const there =
      successor && (denied(successor, 'UpdatePrimaryRegion') ?? refusedByState(successor, 'UpdatePrimaryRegion'))
    const own: Refusal | undefined = to === key.region ? ['UnsupportedOperationException'] : undefined
    const missing = successor ? undefined : noSuchKey(arnIn(world, key, to))
    const refusal = refused(key, 'UpdatePrimaryRegion') ?? there ?? notPrimary(key) ?? own ?? missing
    await expects(world, 'UpdatePrimaryRegion', { KeyId: nameOf(key, pick), PrimaryRegion: to }, key, refusal)
    if (refusal) return
    family.replicas = [...family.replicas.filter((other) => other !== to), key.region]
    family.primary = to
  },
)
