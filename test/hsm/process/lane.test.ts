import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createLane } from '../../../src/hsm/process/lane.ts'

test('works are done in order, and no more at once than the lane is wide', async () => {
  const lane = createLane(2, 100)
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
  const lane = createLane(1, 2)
  let count = 0
  const work = () => {
    count += 1
  }
  const answers = await Promise.all(Array.from({ length: 5 }, () => lane.run(work)))
  assert.deepEqual(answers.filter((answer) => answer === 'overloaded').length, 2)
  assert.equal(count, 3)
})

test('between two works of this thread others have their turn', async () => {
  const lane = createLane(1, 10)
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
