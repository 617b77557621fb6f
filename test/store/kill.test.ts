import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isError } from '../../src/domain/error.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { HOME, parseAliasNameOf, parseKeyIdOf, parseMaterialIdOf } from './records.ts'

const ROUNDS = 10
const LIFE_MAX_MS = 150
const KEYS_MAX = 1_000_000

const directory = mkdtempSync(join(tmpdir(), 'trent-store-'))
after(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'trent.db')

/** Lets a process commit from number `first` on, kills it at a random moment and answers what it had acknowledged. */
async function commitAndKill(first: number): Promise<readonly number[]> {
  const script = join(import.meta.dirname, 'commit-until-killed.ts')
  const child = spawn(process.execPath, [script, path, `${first}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(child.stdout, 'data')
  await sleep(Math.random() * LIFE_MAX_MS)
  child.kill('SIGKILL')
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
  // A number cut off in the middle was not acknowledged to anybody.
  return Buffer.concat(chunks).toString().split('\n').slice(0, -1).map(Number)
}

/** Opens what the killed process left and insists that every commit is there whole. @returns how many there are. */
async function assertWhole(acknowledged: ReadonlySet<number>): Promise<number> {
  const opened = await openSqliteStore({ path })
  assert.ok(!isError(opened))
  await using store = opened
  const keys = await store.listKeys(HOME, { limit: KEYS_MAX })
  const present = new Set(keys)
  for (const n of acknowledged) assert.ok(present.has(parseKeyIdOf(n)), `${n} was acknowledged and is lost`)
  for (const keyId of keys) {
    const n = Number.parseInt(keyId.slice(0, 8), 16)
    assert.equal((await store.findMaterial(HOME.region, parseMaterialIdOf(n)))?.keyId, keyId)
    assert.equal((await store.findAlias(HOME, parseAliasNameOf(`${n}`)))?.targetKeyId, keyId)
  }
  assert.equal(await store.countKeys(HOME), keys.length)
  assert.equal(await store.epoch(), keys.length)
  assert.equal((await store.outbox(KEYS_MAX)).length, keys.length)
  assert.equal((await store.dueDuties(KEYS_MAX, KEYS_MAX)).length, keys.length)
  return keys.length
}

test(`after each of ${ROUNDS} kills every acknowledged commit is there, and none in part`, async () => {
  const acknowledged = new Set<number>()
  let present = 0
  for (let round = 0; round < ROUNDS; round++) {
    const before = acknowledged.size
    // Far above every number in use: what was committed and not acknowledged keeps its numbers.
    for (const n of await commitAndKill(round * 100_000)) acknowledged.add(n)
    assert.ok(acknowledged.size > before)
    present = await assertWhole(acknowledged)
  }
  assert.ok(present >= acknowledged.size)
})
