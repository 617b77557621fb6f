import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { OPERATIONS } from '../../src/services/kms/index.ts'
import { newAccount } from '../support/trent.ts'
import { compareAll } from './comparison.ts'
import { seen, totals } from './expectation.ts'
import { HISTORIES } from './histories.ts'
import { openServer } from './server.ts'
import { living, type World } from './state.ts'

// MODEL_SEQUENCES asks for so many histories; without it there are as many as fit into the time. MODEL_SEED and MODEL_PATH
// repeat a failure, as fast-check tells them, and MODEL_WHOLE leaves it as long as it is, for to shorten it can take minutes.
const { MODEL_SEQUENCES, MODEL_SEED, MODEL_PATH, MODEL_WHOLE } = process.env
const OPTIONS = {
  numRuns: Number(MODEL_SEQUENCES ?? 300),
  ...(MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }),
  ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH }),
  endOnFailure: MODEL_WHOLE !== undefined,
}
/** Milliseconds after which no other history is begun. */
const TIME_MS = MODEL_SEQUENCES === undefined ? 25_000 : Number.POSITIVE_INFINITY
/** So many histories meet every operation. */
const ENOUGH = 300

const server = await openServer()
after(() => server[Symbol.asyncDispose]())

const newWorld = (): World => ({
  server,
  account: newAccount(),
  guest: newAccount(),
  keys: [],
  aliases: [],
  ciphertexts: [],
  signatures: [],
  macs: [],
  stores: [],
})

/** Rotations of keys that nobody looks at any more would keep every later history waiting. */
async function leave(world: World): Promise<void> {
  const rotating = living(world).filter(({ family, state }) => family.schedule && state.name === 'Enabled')
  for (const { arn, region } of rotating) await server.call('DisableKeyRotation', { KeyId: arn }, region, world.account)
}

test('any history of calls and days answers and leaves what the model says', async (t) => {
  const end = Date.now() + TIME_MS
  const holds = fc.asyncProperty(HISTORIES, async ([first, commands]) => {
    if (Date.now() > end) return
    totals.sequences += 1
    await server.travel({ reset: true })
    const world = newWorld()
    for (const each of first) await each.run(world, world)
    await fc.asyncModelRun(() => ({ model: world, real: world }), commands)
    await compareAll(world)
    await leave(world)
  })
  await fc.assert(holds, OPTIONS)
  const calls = [...seen].map(([operation, { done, refused }]) => `${operation} ${done}+${refused}`)
  t.diagnostic(`${totals.sequences} sequences of ${totals.commands} commands; calls: ${calls.toSorted().join(', ')}`)
  if (totals.sequences < ENOUGH) return
  for (const { name } of OPERATIONS) assert.ok(seen.get(name)?.done, `${name} was never answered well`)
})
