import assert from 'node:assert/strict'
import fc from 'fast-check'
import { catchUp } from './due.ts'
import { expects, isAbout, type Refusal, refused } from './expectation.ts'
import { isComplete, isReplica, keysOf } from './state.ts'
import { chosenKey, nameOf, nth, step } from './step.ts'

const DAY_MS = 86_400_000

export const enables = step('enableKey', nth, async (world, pick) => {
  const key = chosenKey(world, pick, ({ state }) => state.name === 'Disabled')
  if (!key) return
  const refusal = refused(key, 'EnableKey')
  await expects(world, 'EnableKey', { KeyId: nameOf(key, pick) }, key, refusal)
  if (refusal) return
  key.state = { name: 'Enabled' }
  await catchUp(world, key)
})

export const disables = step('disableKey', nth, async (world, pick) => {
  const key = chosenKey(world, pick)
  if (!key) return
  const refusal = refused(key, 'DisableKey')
  await expects(world, 'DisableKey', { KeyId: nameOf(key, pick) }, key, refusal)
  if (!refusal) key.state = { name: 'Disabled' }
})

/** Windows of no two of which the sum is another: the end of one is never the end of two that follow each other. */
const WINDOWS = fc.constantFrom(7, 7, 9, 30, undefined, 6, 31, 366)

export const schedulesDeletion = step(
  'scheduleKeyDeletion',
  fc.record({ key: nth, days: WINDOWS }),
  async (world, { key: pick, days }) => {
    const key = chosenKey(world, pick)
    if (!key) return
    const input = { KeyId: nameOf(key, pick), ...(days === undefined ? {} : { PendingWindowInDays: days }) }
    const window = days ?? 30
    const outside: Refusal | undefined =
      window < 7 || window > 30 ? ['ValidationException', 'PendingWindowInDays must be between 7 and 30'] : undefined
    // Beyond what the service model admits, no key is looked for.
    const refusal: Refusal | undefined =
      window > 365 ? ['ValidationException'] : (refused(key, 'ScheduleKeyDeletion') ?? outside)
    const answer = await expects(world, 'ScheduleKeyDeletion', input, key, refusal)
    if (!answer) return
    const waits = key.family.isMultiRegion && !isReplica(key) && keysOf(world, key.family).length > 1
    const { KeyState, DeletionDate, PendingWindowInDays } = answer
    assert.deepEqual([KeyState, PendingWindowInDays], [waits ? 'PendingReplicaDeletion' : 'PendingDeletion', window])
    if (waits) {
      assert.equal(DeletionDate, undefined)
      key.state = { name: 'PendingReplicaDeletion', days: window }
      return
    }
    const deletionDate = isAbout(DeletionDate, world.server.now() + window * DAY_MS, 'DeletionDate')
    key.state = { name: 'PendingDeletion', deletionDate }
  },
)

export const cancelsDeletion = step('cancelKeyDeletion', nth, async (world, pick) => {
  const key = chosenKey(world, pick, ({ state }) => state.name.endsWith('Deletion'))
  if (!key) return
  const refusal = refused(key, 'CancelKeyDeletion')
  const answer = await expects(world, 'CancelKeyDeletion', { KeyId: nameOf(key, pick) }, key, refusal)
  if (!answer) return
  assert.equal(answer.KeyId, key.arn)
  key.state = { name: isComplete(key) ? 'Disabled' : 'PendingImport' }
})
