/** Appends without end and says which events were acknowledged: one id a line on stdout. It is killed by the test. */

import { writeSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { isError } from '../../src/domain/error.ts'
import { openTrail } from '../../src/trail/segments.ts'

const [, , directory = '', anchorPath = '', run = '0'] = process.argv
const anchor = {
  load: () => readFile(anchorPath, 'utf8').catch(() => undefined),
  async save(text: string) {
    await writeFile(`${anchorPath}.tmp`, text, { flush: true })
    await rename(`${anchorPath}.tmp`, anchorPath)
  },
}
const warn = (message: string, cause: unknown) => process.stderr.write(`${message}: ${cause}\n`)
const trail = await openTrail({ directory, now: Date.now, anchor, warn, segmentMaxBytes: 200_000, anchorBatches: 5 })
if (isError(trail)) throw new Error(`${trail.message}: ${trail.cause}`)
writeSync(1, 'ready\n')

/** Of many lengths, so that writes end anywhere in a page. */
function eventOf(id: string): string {
  return JSON.stringify({
    eventVersion: '1.11',
    eventID: id,
    padding: 'p'.repeat(Math.floor(Math.random() ** 4 * 20_000)),
  })
}

await Promise.all(
  Array.from({ length: 16 }, async (_, appender) => {
    for (let count = 0; ; count += 1) {
      const id = `${run}-${appender}-${count}`
      const problem = await trail.append(eventOf(id))
      if (isError(problem)) throw new Error(`${problem.message}: ${problem.cause}`)
      writeSync(1, `${id}\n`)
    }
  }),
)
