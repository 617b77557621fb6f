import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyState } from '../../src/domain/key.ts'
import { afterRotation, NEVER_ROTATED, nextRotation, resumed, scheduleFrom } from '../../src/domain/rotation.ts'
import { OTHER_REGION } from '../store/records.ts'

const DAY_MS = 86_400_000
const rotation = { ...NEVER_ROTATED, schedule: scheduleFrom(0, 90) }
const next = (days: number) => afterRotation(rotation, { date: days * DAY_MS, type: 'AUTOMATIC' }).schedule

test('the first rotation is one period after enabling', () => {
  assert.deepEqual(scheduleFrom(7, 90), { periodDays: 90, enabledAt: 7, nextRotationAt: 7 + 90 * DAY_MS })
})

for (const [days, following] of [
  [90, 180],
  [91, 180],
  [179, 180],
  [180, 270],
  [400, 450],
] as const)
  test(`a rotation of day 90 that is done on day ${days} leaves day ${following} as the next`, () => {
    assert.equal(next(days)?.nextRotationAt, following * DAY_MS)
  })

test('a rotation on demand ends the one under way and moves no date', () => {
  const underWay = { ...rotation, onDemandCount: 3, onDemandStartedAt: 5 }
  assert.deepEqual(afterRotation(underWay, { date: 6, type: 'ON_DEMAND' }), { ...rotation, onDemandCount: 3 })
})

test('a key that comes back late rotates at once, and one that is in time keeps its date', () => {
  assert.equal(resumed(rotation, 100 * DAY_MS).schedule?.nextRotationAt, 100 * DAY_MS)
  assert.equal(resumed(rotation, 90 * DAY_MS - 1), rotation)
  assert.equal(resumed(NEVER_ROTATED, 1), NEVER_ROTATED)
})

const STATES: ReadonlyArray<readonly [KeyState, boolean]> = [
  [{ name: 'Enabled' }, true],
  [{ name: 'Updating', primaryRegion: OTHER_REGION.region }, true],
  [{ name: 'Disabled' }, false],
  [{ name: 'PendingDeletion', deletionDate: 1 }, false],
  [{ name: 'PendingReplicaDeletion', pendingWindowDays: 7 }, false],
  [{ name: 'PendingImport' }, false],
  [{ name: 'Unavailable' }, false],
  [{ name: 'Creating' }, false],
]
for (const [state, rotates] of STATES)
  test(`a key that is ${state.name} ${rotates ? 'rotates' : 'does not rotate, not even on demand'}`, () => {
    const due = { date: 90 * DAY_MS, type: 'AUTOMATIC' } as const
    assert.deepEqual(nextRotation({ state, rotation }), rotates ? due : undefined)
    const begun = { ...rotation, onDemandStartedAt: 5 }
    assert.deepEqual(nextRotation({ state, rotation: begun }), rotates ? { date: 5, type: 'ON_DEMAND' } : undefined)
    assert.equal(nextRotation({ state }), undefined)
  })
