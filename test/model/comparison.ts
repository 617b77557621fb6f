import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decrypt } from './encryption.ts'
import { expects, isAbout, learn, milliseconds, refused } from './expectation.ts'
import { compareKeyStores } from './key-stores.ts'
import { compareAliases } from './names.ts'
import { comparePolicy } from './policies.ts'
import { compareRotation } from './rotation.ts'
import {
  currentMaterial,
  isComplete,
  isReplica,
  isSymmetric,
  type ModelKey,
  REGIONS,
  type Region,
  type World,
} from './state.ts'
import { chosenKey, nth, region, step } from './step.ts'

async function compareMetadata(world: World, key: ModelKey): Promise<void> {
  const answer = await expects(world, 'DescribeKey', { KeyId: key.arn }, key, refused(key, 'DescribeKey'))
  if (!answer) return
  const { KeyMetadata: told } = answer
  const { family, state } = key
  assert.deepEqual(
    [told.Arn, told.KeyId, told.KeyState, told.Enabled, told.Description, told.KeySpec, told.KeyUsage, told.Origin],
    [
      key.arn,
      family.keyId,
      state.name,
      state.name === 'Enabled',
      key.description,
      family.spec,
      family.usage,
      family.origin,
    ],
  )
  assert.equal(milliseconds(told.CreationDate), key.createdAt)
  if (state.name === 'PendingDeletion') isAbout(told.DeletionDate, state.deletionDate, 'DeletionDate')
  else assert.equal(told.DeletionDate, undefined)
  assert.equal(told.PendingDeletionWindowInDays, state.name === 'PendingReplicaDeletion' ? state.days : undefined)
  compareRelated(key, told.MultiRegionConfiguration)
  compareMaterial(world, key, told)
}

type Place = { readonly Region: string }
type Related = {
  readonly MultiRegionKeyType: string
  readonly PrimaryKey: Place
  readonly ReplicaKeys: readonly Place[]
}

function compareRelated(key: ModelKey, told: Related | undefined): void {
  const { family } = key
  if (!family.isMultiRegion) {
    assert.equal(told, undefined)
    return
  }
  assert.equal(told?.MultiRegionKeyType, isReplica(key) ? 'REPLICA' : 'PRIMARY')
  assert.equal(told?.PrimaryKey.Region, family.primary)
  assert.deepEqual(told?.ReplicaKeys.map(({ Region }) => Region).toSorted(), family.replicas.toSorted())
}

type ToldMaterial = {
  readonly CurrentKeyMaterialId?: string
  readonly ExpirationModel?: string
  readonly ValidTo?: number
}

function compareMaterial(world: World, key: ModelKey, told: ToldMaterial): void {
  const current = currentMaterial(key.family)
  if (isSymmetric(key.family) && current) learn(world, current, told.CurrentKeyMaterialId ?? '')
  else assert.equal(told.CurrentKeyMaterialId, undefined)
  if (key.family.origin === 'AWS_KMS' || !isComplete(key)) {
    assert.equal(told.ExpirationModel, undefined)
    return
  }
  const dates = [...key.present].flatMap(([material, validTo]) => (material.isBound && validTo ? [validTo] : []))
  const first = dates.length === 0 ? undefined : Math.min(...dates)
  assert.equal(told.ExpirationModel, first ? 'KEY_MATERIAL_EXPIRES' : 'KEY_MATERIAL_DOES_NOT_EXPIRE')
  if (first) isAbout(told.ValidTo ?? 0, first, 'ValidTo')
}

async function compareTags(world: World, key: ModelKey): Promise<void> {
  const refusal = refused(key, 'ListResourceTags')
  const answer = await expects(world, 'ListResourceTags', { KeyId: key.arn }, key, refusal)
  if (!answer) return
  const sorted = [...key.tags].toSorted(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(
    answer.Tags,
    sorted.map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
  )
}

async function compareLastUse(world: World, key: ModelKey): Promise<void> {
  const answer = await expects(world, 'GetKeyLastUsage', { KeyId: key.arn }, key, refused(key, 'GetKeyLastUsage'))
  if (!answer) return
  assert.equal(answer.KeyLastUsage?.Operation, key.lastUse?.operation)
  if (key.lastUse) isAbout(answer.KeyLastUsage.Timestamp, key.lastUse.at, 'Timestamp')
  assert.equal(milliseconds(answer.KeyCreationDate), key.createdAt)
}

async function compareKey(world: World, key: ModelKey): Promise<void> {
  await compareMetadata(world, key)
  await compareTags(world, key)
  await comparePolicy(world, key)
  await compareLastUse(world, key)
  if (isSymmetric(key.family)) await compareRotation(world, key)
}

export const describes = step('describe', nth, async (world, pick) => {
  const key = chosenKey(world, pick)
  if (key) await compareKey(world, key)
})

async function compareLists(world: World, place: Region): Promise<void> {
  const { Keys } = await expects(world, 'ListKeys', { Limit: 1000 }, { region: place }, undefined)
  const expected = world.keys.filter(({ isGone, region: where }) => !isGone && where === place)
  assert.deepEqual(
    Keys.map(({ KeyArn }: { readonly KeyArn: string }) => KeyArn).toSorted(),
    expected.map(({ arn }) => arn).toSorted(),
  )
  await compareAliases(world, place)
}

export const lists = step('list', region, compareLists)

export const listsKeyStores = step('describeCustomKeyStores', fc.constant(null), compareKeyStores)

/** Keys of which everything is compared at the end of a history; of the others what DescribeKey tells. */
const COMPARED_WHOLE = 2

/** At the end of a history: every key as it is to be, and every ciphertext in the Region that comes next. */
export async function compareAll(world: World): Promise<void> {
  for (const [index, key] of world.keys.entries())
    if (index < COMPARED_WHOLE) await compareKey(world, key)
    else await compareMetadata(world, key)
  for (const place of new Set(world.keys.map((key) => key.region))) await compareLists(world, place)
  if (world.stores.length > 0) await compareKeyStores(world)
  for (const [index, ciphertext] of world.ciphertexts.entries()) {
    const place = index % 2 === 0 ? ciphertext.family.primary : (REGIONS[index % 3] ?? REGIONS[0])
    const own = world.keys.find(({ family, region: where }) => family === ciphertext.family && where === place)
    const named = ciphertext.material ? undefined : own
    if (ciphertext.material || named) await decrypt(world, { ciphertext, named, place })
  }
}
