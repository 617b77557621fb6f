import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readSchedule } from './due.ts'
import { expects, isAbout, learn, type Refusal, refused, refusedByState } from './expectation.ts'
import { currentMaterial, isReplica, isSymmetric, keysOf, type ModelKey, pendingMaterial, type World } from './state.ts'
import { chosenKey, nameOf, nth, step, symmetric } from './step.ts'

const DAY_MS = 86_400_000
/** Source: KMS resource quotas; RotateKeyOnDemand. */
const ON_DEMAND_MAX = 25
const QUIET_MS = 20 * 60_000

/** Kinds of key that do not rotate say so without a text, unless it is for where their material comes from. */
function refusedByKind({ family, arn }: ModelKey, takesImported: boolean): Refusal | undefined {
  if (!isSymmetric(family)) return ['UnsupportedOperationException', null]
  return family.origin === 'EXTERNAL' && !takesImported
    ? ['UnsupportedOperationException', `${arn} origin is EXTERNAL which is not valid for this operation.`]
    : undefined
}

const refusedReplica = (key: ModelKey): Refusal | undefined =>
  isReplica(key) ? ['UnsupportedOperationException', `${key.arn} is not a multi-region primary key.`] : undefined

/** What kind of key it is comes before its state, and what part it has among its related keys after it. */
const refusedSchedule = (key: ModelKey, operation: string): Refusal | undefined =>
  key.isGone
    ? refused(key, operation)
    : (refusedByKind(key, false) ?? refusedByState(key, operation) ?? refusedReplica(key))

export const enablesRotation = step(
  'enableKeyRotation',
  fc.record({ key: nth, days: fc.constantFrom(90, 90, 200, undefined, 89, 2560, 2561) }),
  async (world, { key: pick, days }) => {
    const key = chosenKey(world, pick, symmetric)
    if (!key) return
    const input = { KeyId: nameOf(key, pick), ...(days === undefined ? {} : { RotationPeriodInDays: days }) }
    const outside: Refusal | undefined = days === 89 || days === 2561 ? ['ValidationException'] : undefined
    const refusal = outside ?? refusedSchedule(key, 'EnableKeyRotation')
    await expects(world, 'EnableKeyRotation', input, key, refusal)
    if (refusal) return
    const periodDays = days ?? 365
    key.family.schedule = { periodDays, next: world.server.now() + periodDays * DAY_MS }
    await readSchedule(world, key)
  },
)

export const disablesRotation = step('disableKeyRotation', nth, async (world, pick) => {
  const key = chosenKey(world, pick, symmetric)
  if (!key) return
  const refusal = refusedSchedule(key, 'DisableKeyRotation')
  await expects(world, 'DisableKeyRotation', { KeyId: nameOf(key, pick) }, key, refusal)
  if (!refusal) delete key.family.schedule
})

/** Whether every related key that there is has the material that waits. */
export function isPendingEverywhere(world: World, { family }: ModelKey): boolean {
  const pending = pendingMaterial(family)
  return pending !== undefined && keysOf(world, family).every(({ present }) => present.has(pending))
}

function refusedRotation(world: World, key: ModelKey): Refusal | undefined {
  const { arn, family } = key
  const kind = refused(key, 'RotateKeyOnDemand') ?? refusedByKind(key, true) ?? refusedReplica(key)
  if (kind) return kind
  if (family.origin === 'EXTERNAL' && !isPendingEverywhere(world, key))
    return ['KMSInvalidStateException', `No available key material pending rotation for the key: ${arn}.`]
  if (family.schedule && family.schedule.next - world.server.now() <= QUIET_MS) return ['ConflictException']
  if (family.onDemandCount < ON_DEMAND_MAX) return undefined
  return [
    'LimitExceededException',
    `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${arn}`,
  ]
}

export const rotatesOnDemand = step(
  'rotateKeyOnDemand',
  fc.record({
    key: nth,
    times: fc.oneof({ weight: 29, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(27) }),
  }),
  async (world, { key: pick, times }) => {
    const key = chosenKey(world, pick, symmetric)
    if (!key) return
    for (let time = 0; time < times; time += 1) {
      const refusal = refusedRotation(world, key)
      const answer = await expects(world, 'RotateKeyOnDemand', { KeyId: nameOf(key, pick) }, key, refusal)
      if (!answer) continue
      assert.equal(answer.KeyId, key.arn)
      rotated(key, world.server.now())
    }
  },
)

function rotated({ family }: ModelKey, date: number): void {
  family.onDemandCount += 1
  const rotation = { type: 'ON_DEMAND', date } as const
  const pending = pendingMaterial(family)
  if (pending) Object.assign(pending, { isBound: true, rotation })
  else family.materials.push({ isBound: true, rotation })
}

export const readsRotation = step('readRotation', nth, async (world, pick) => {
  const key = chosenKey(world, pick, symmetric)
  if (key) await compareRotation(world, key, [true, false])
})

/** Everything that a key tells of its rotation. @param kinds - of lists: of all material, of rotations only. */
export async function compareRotation(world: World, key: ModelKey, kinds = [true]): Promise<void> {
  await compareStatus(world, key)
  const kind = key.isGone ? refused(key, 'ListKeyRotations') : refusedByKind(key, true)
  for (const all of kinds) {
    const input = { KeyId: key.arn, ...(all ? { IncludeKeyMaterial: 'ALL_KEY_MATERIAL' } : {}), Limit: 1000 }
    const answer = await expects(world, 'ListKeyRotations', input, key, kind)
    if (!answer) continue
    const { materials } = key.family
    const expected = all ? materials : materials.filter(({ rotation }) => rotation)
    assert.deepEqual(
      answer.Rotations.map(({ KeyMaterialState, RotationType }: Entry) => [KeyMaterialState, RotationType]),
      expected.map((material) => [stateOf(world, key, material), material.rotation?.type]),
    )
    for (const [index, material] of expected.entries()) compareEntry(world, key, material, answer.Rotations[index])
  }
}

type Entry = {
  readonly KeyMaterialId: string
  readonly KeyMaterialState: string
  readonly RotationType?: string
  readonly RotationDate?: number
  readonly ImportState?: string
  readonly ExpirationModel?: string
  readonly ValidTo?: number
}

async function compareStatus(world: World, key: ModelKey): Promise<void> {
  const refusal = refused(key, 'GetKeyRotationStatus')
  const answer = await expects(world, 'GetKeyRotationStatus', { KeyId: key.arn }, key, refusal)
  if (!answer) return
  const isLeaving = key.state.name === 'PendingDeletion' || key.state.name === 'PendingReplicaDeletion'
  const schedule = isLeaving ? undefined : key.family.schedule
  assert.equal(answer.KeyRotationEnabled, schedule !== undefined)
  assert.equal(answer.RotationPeriodInDays, schedule?.periodDays)
  if (schedule) isAbout(answer.NextRotationDate, schedule.next, 'NextRotationDate')
  else assert.equal(answer.NextRotationDate, undefined)
}

function stateOf(world: World, key: ModelKey, material: ModelKey['family']['materials'][number]): string {
  if (material === currentMaterial(key.family)) return 'CURRENT'
  if (material.isBound) return 'NON_CURRENT'
  return isPendingEverywhere(world, key) ? 'PENDING_ROTATION' : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'
}

function compareEntry(
  world: World,
  key: ModelKey,
  material: ModelKey['family']['materials'][number],
  entry: Entry,
): void {
  learn(world, material, entry.KeyMaterialId)
  if (material.rotation) isAbout(entry.RotationDate ?? 0, material.rotation.date, 'RotationDate')
  if (key.family.origin === 'AWS_KMS') {
    assert.equal(entry.ImportState, undefined)
    return
  }
  const isHere = key.present.has(material)
  assert.equal(entry.ImportState, isHere ? 'IMPORTED' : 'PENDING_IMPORT')
  const validTo = key.present.get(material)
  const expires = validTo === undefined ? 'KEY_MATERIAL_DOES_NOT_EXPIRE' : 'KEY_MATERIAL_EXPIRES'
  assert.equal(entry.ExpirationModel, isHere ? expires : undefined)
  if (validTo !== undefined) isAbout(entry.ValidTo ?? 0, validTo, 'ValidTo')
}
