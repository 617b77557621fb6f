import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readEvents } from '../../../src/trail/read.ts'
import { bucketOf, expectedOf, recordsOf } from './bucket.ts'
import { BUCKET, temporary } from './delivered.ts'
import { validate } from './validator.ts'

const ROUNDS = 12
const began = Date.now()
const [root, logs] = [await temporary(), await temporary()]
after(() => Promise.all([root, logs].map((path) => rm(path, { recursive: true, force: true }))))
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
await writeFile(join(root, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'pkcs1' })

/** One run of the exporter, killed so many milliseconds after it began; to its end without. */
async function run(number: number, killAfterMs?: number): Promise<void> {
  const program = join(import.meta.dirname, 'export-until-killed.ts')
  const words = [program, root, logs, String(number), killAfterMs === undefined ? 'finish' : 'on', String(began)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  if (killAfterMs !== undefined) {
    await delay(killAfterMs)
    child.kill('SIGKILL')
  }
  const [code] = await ended
  assert.equal(code, killAfterMs === undefined ? 0 : null)
}

test(`kill -9 at ${ROUNDS} moments: every event of the trail is in one log file, once, and all validates`, async () => {
  for (let round = 1; round <= ROUNDS; round += 1) await run(round, 40 + ((round * 137) % 400))
  await run(ROUNDS + 1)
  const written: string[] = []
  for await (const { text } of readEvents(join(root, 'trail'))) written.push(parseId(text))
  const bucket = bucketOf(logs, BUCKET)
  const delivered = recordsOf(bucket).map(({ eventID }) => eventID)
  assert.ok(written.length > 100, `${written.length} events`)
  assert.deepEqual(delivered.sort(), written.sort())
  const validation = validate(bucket, new Map([['f'.repeat(32), publicKey]]), expectedOf(bucket))
  assert.deepEqual(validation.problems, [])
  // One chain for each of the two Regions: no crash began another.
  assert.equal(validation.chains, 2)
})

function parseId(text: string): string {
  const { eventID } = JSON.parse(text) as { readonly eventID: string }
  return eventID
}
