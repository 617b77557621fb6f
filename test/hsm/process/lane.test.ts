import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createLane } from '../../../src/hsm/process/lane.ts'

const nobodyElse = () => 0

/** Milliseconds. */
const BLOCKS_MS = 10

function block(): void {
  for (const until = performance.now() + BLOCKS_MS; performance.now() < until; );
}

test('works are done in order, and no more at once than the lane is wide', async () => {
  const lane = createLane({ atOnce: 2, waitingMax: 100, answered: nobodyElse })
  const done: number[] = []
  let running = 0
  let most = 0
  const works = Array.from({ length: 10 }, (_, n) =>
    lane.run(async () => {
      running += 1
      most = Math.max(most, running)
      await delay(n % 2)
      running -= 1
      done.push(n)
      return n
    }),
  )
  assert.deepEqual(await Promise.all(works), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  assert.equal(most, 2)
  assert.equal(done.length, 10)
})

test('what would wait beyond the limit is refused at once and not done', async () => {
  const lane = createLane({ atOnce: 1, waitingMax: 2, answered: nobodyElse })
  let count = 0
  const work = () => {
    count += 1
  }
  const answers = await Promise.all(Array.from({ length: 5 }, () => lane.run(work)))
  assert.deepEqual(answers.filter((answer) => answer === 'overloaded').length, 2)
  assert.equal(count, 3)
})

test('between two works of this thread others have their turn', async () => {
  const lane = createLane({ atOnce: 1, waitingMax: 10, answered: nobodyElse })
  const seen: string[] = []
  const works = [1, 2, 3].map((n) => lane.run(() => void seen.push(`work ${n}`)))
  const others = (async () => {
    for (let n = 0; n < 3; n++) {
      await new Promise((resolve) => setImmediate(resolve))
      seen.push('other')
    }
  })()
  await Promise.all([...works, others])
  assert.ok(seen.indexOf('other') < seen.indexOf('work 3'), seen.join(', '))
})

test('a work that holds up this thread gives way four times as long, while others ask', async () => {
  let answered = 0
  const lane = createLane({ atOnce: 1, waitingMax: 10, answered: () => ++answered })
  const begun = performance.now()
  await Promise.all([1, 2, 3].map(() => lane.run(block)))
  assert.ok(performance.now() - begun >= 3 * BLOCKS_MS + 2 * 4 * BLOCKS_MS)
})

test('a work that holds up this thread is followed by the next when nobody else asks', async () => {
  const lane = createLane({ atOnce: 1, waitingMax: 10, answered: nobodyElse })
  let done = 0
  const works = [1, 2, 3].map(() => lane.run(block).then(() => (done += 1)))
  await Promise.all(works)
  assert.equal(done, 3)
})
