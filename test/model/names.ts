import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ownAliases } from '../support/own-aliases.ts'
import { expects, isAbout, milliseconds, type Refusal, refused } from './expectation.ts'
import { type ModelAlias, type Region, SPECS, type World } from './state.ts'
import { chosen, chosenKey, nameOf, nth, region, step } from './step.ts'

const NAMES = ['alias/a', 'alias/b', 'alias/c/d'] as const
const name = fc.constantFrom(...NAMES)

const find = ({ aliases }: World, place: Region, wanted: string): ModelAlias | undefined =>
  aliases.find((alias) => alias.region === place && alias.name === wanted)

const noSuchAlias = ({ account }: World, place: Region, wanted: string): Refusal => [
  'NotFoundException',
  `Alias arn:aws:kms:${place}:${account}:${wanted} is not found.`,
]

export const createsAlias = step('createAlias', fc.record({ key: nth, name }), async (world, { key: pick, name }) => {
  const key = chosenKey(world, pick)
  if (!key) return
  const taken: Refusal | undefined = find(world, key.region, name) && [
    'AlreadyExistsException',
    `An alias with the name arn:aws:kms:${key.region}:${world.account}:${name} already exists`,
  ]
  const refusal = refused(key, 'CreateAlias') ?? taken
  await expects(world, 'CreateAlias', { AliasName: name, TargetKeyId: nameOf(key, pick) }, key, refusal)
  const now = world.server.now()
  if (!refusal) world.aliases.push({ name, region: key.region, key, made: now, moved: now })
})

export const updatesAlias = step('updateAlias', fc.record({ key: nth, at: name }), async (world, { key: pick, at }) => {
  const key = chosenKey(world, pick, ({ region: place }) => world.aliases.some((alias) => alias.region === place))
  if (!key) return
  const there = world.aliases.filter((alias) => alias.region === key.region)
  const name = (pick % 3 === 0 ? undefined : chosen(there, pick)?.name) ?? at
  const alias = find(world, key.region, name)
  const other = (): Refusal | undefined =>
    alias &&
    (SPECS[alias.key.family.spec].class !== SPECS[key.family.spec].class || alias.key.family.usage !== key.family.usage)
      ? ['ValidationException']
      : undefined
  const missing = alias ? undefined : noSuchAlias(world, key.region, name)
  const refusal = key.isGone ? refused(key, 'UpdateAlias') : (missing ?? refused(key, 'UpdateAlias') ?? other())
  await expects(world, 'UpdateAlias', { AliasName: name, TargetKeyId: nameOf(key, pick) }, key, refusal)
  if (refusal || !alias) return
  alias.key = key
  alias.moved = world.server.now()
})

/** An alias; now and then one that may not be there. */
const aliasAt = (world: World, pick: number, at: Region) =>
  (pick % 4 === 0 ? undefined : chosen(world.aliases, pick)) ?? { name: NAMES[0], region: at }

export const deletesAlias = step('deleteAlias', fc.record({ nth, at: region }), async (world, { nth, at }) => {
  const { name, region } = aliasAt(world, nth, at)
  const alias = find(world, region, name)
  const refusal = alias ? undefined : noSuchAlias(world, region, name)
  await expects(world, 'DeleteAlias', { AliasName: name }, { region }, refusal)
  world.aliases = world.aliases.filter((other) => other !== alias)
})

export const describesByAlias = step('describeByAlias', fc.record({ nth, at: region }), async (world, { nth, at }) => {
  const { name, region } = aliasAt(world, nth, at)
  const alias = find(world, region, name)
  const refusal = alias ? undefined : noSuchAlias(world, region, name)
  const answer = await expects(world, 'DescribeKey', { KeyId: name }, { region }, refusal)
  if (answer) assert.equal(answer.KeyMetadata.Arn, alias?.key.arn)
  // What manages keys takes no aliases, whether there are such or not.
  const noAlias: Refusal = ['InvalidArnException', 'Key Aliases are not supported for this operation.']
  await expects(world, 'DisableKey', { KeyId: name }, { region }, noAlias)
})

type Entry = {
  readonly AliasName: string
  readonly TargetKeyId: string
  readonly CreationDate: number
  readonly LastUpdatedDate: number
}

export async function compareAliases(world: World, place: Region): Promise<void> {
  const answer = await expects(world, 'ListAliases', {}, { region: place }, undefined)
  const Aliases = ownAliases<Entry>(answer.Aliases)
  const expected = world.aliases.filter((alias) => alias.region === place)
  const sorted = expected.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  assert.deepEqual(
    Aliases.map(({ AliasName, TargetKeyId }: Entry) => [AliasName, TargetKeyId]),
    sorted.map((alias) => [alias.name, alias.key.family.keyId]),
  )
  for (const [index, alias] of sorted.entries()) {
    const entry = Aliases[index]
    assert.ok(entry)
    isAbout(entry.CreationDate, alias.made, 'CreationDate')
    isAbout(entry.LastUpdatedDate, alias.moved, 'LastUpdatedDate')
    assert.ok(milliseconds(entry.CreationDate) <= milliseconds(entry.LastUpdatedDate))
  }
}

const tagKeys = fc.constantFrom('a', 'b', 'c')

export const tags = step(
  'tagResource',
  fc.record({ key: nth, tag: fc.constantFrom('a', 'b', 'aws:x'), value: fc.constantFrom('1', '') }),
  async (world, { key: pick, tag, value }) => {
    const key = chosenKey(world, pick)
    if (!key) return
    const reserved: Refusal | undefined =
      tag === 'aws:x' ? ['TagException', 'Tags beginning with aws: are reserved'] : undefined
    const refusal = refused(key, 'TagResource') ?? reserved
    const Tags = [{ TagKey: tag, TagValue: value }]
    await expects(world, 'TagResource', { KeyId: nameOf(key, pick), Tags }, key, refusal)
    if (!refusal) key.tags.set(tag, value)
  },
)

export const untags = step(
  'untagResource',
  fc.record({ key: nth, tag: tagKeys }),
  async (world, { key: pick, tag }) => {
    const key = chosenKey(world, pick)
    if (!key) return
    const refusal = refused(key, 'UntagResource')
    await expects(world, 'UntagResource', { KeyId: nameOf(key, pick), TagKeys: [tag] }, key, refusal)
    if (!refusal) key.tags.delete(tag)
  },
)

export const describesAnew = step(
  'updateKeyDescription',
  fc.record({ key: nth, text: fc.constantFrom('', 'second') }),
  async (world, { key: pick, text }) => {
    const key = chosenKey(world, pick)
    if (!key) return
    const refusal = refused(key, 'UpdateKeyDescription')
    await expects(world, 'UpdateKeyDescription', { KeyId: nameOf(key, pick), Description: text }, key, refusal)
    if (!refusal) key.description = text
  },
)
