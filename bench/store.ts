/**
 * Figures of the SQLite store: `node bench/store.ts [keys]`.
 *
 * Durable commits per second with 64 callers, bytes of the closed file per key, and the times of reads.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AccountId, type KeyId, keyArn, type Region } from '../src/domain/arn.ts'
import { isError } from '../src/domain/error.ts'
import type { Key, KeyMaterialId, WrappedKey } from '../src/domain/key.ts'
import type { Change, Store } from '../src/request/ports.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'

const KEYS = Number(process.argv[2] ?? 100_000)
const CALLERS = 64
const READS = 100_000
/** Bytes: version, domain key id, nonce, 32 bytes of material and the tag. */
const WRAPPED_BYTES = 77
/** Characters of one event. */
const EVENT_CHARACTERS = 1_500
const SCOPE = parseBenchScope()

function parseBenchScope() {
  return { account: '111122223333' as AccountId, region: 'eu-central-1' as Region }
}

const hex = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)).toHex()

function parseRandomKey(): { readonly key: Key; readonly change: Change } {
  const keyId = crypto.randomUUID() as KeyId
  const materialId = hex(32) as KeyMaterialId
  const key: Key = {
    ...SCOPE,
    keyId,
    arn: keyArn(SCOPE, keyId),
    revision: 1,
    createdAt: Date.now(),
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
    multiRegion: false,
    state: { name: 'Enabled' },
    tags: [],
    currentMaterialId: materialId,
  }
  const wrapped = crypto.getRandomValues(new Uint8Array(WRAPPED_BYTES)) as Uint8Array as WrappedKey
  return {
    key,
    change: { kind: 'insert-key', key, material: { ...SCOPE, keyId, materialId, createdAt: key.createdAt, wrapped } },
  }
}

async function commitAll(store: Store, keys: readonly Change[], callers: number): Promise<number> {
  const events: string[] = []
  const line = 'x'.repeat(EVENT_CHARACTERS)
  let next = 0
  const started = performance.now()
  const caller = async () => {
    for (let change = keys[next++]; change !== undefined; change = keys[next++]) {
      const eventId = hex(16)
      const outcome = await store.commit([change], { eventId, line })
      if (outcome !== 'committed') throw new Error('a commit was refused')
      if (events.push(eventId) >= 1_000) await store.clearOutbox(events.splice(0))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  await store.clearOutbox(events)
  return (keys.length / (performance.now() - started)) * 1_000
}

async function timeEach(times: number, run: (i: number) => Promise<unknown>): Promise<number> {
  const started = performance.now()
  for (let i = 0; i < times; i++) await run(i)
  return ((performance.now() - started) / times) * 1_000
}

async function open(path: string): Promise<Store> {
  const store = await openSqliteStore({ path })
  if (isError(store)) throw new Error(store.message)
  return store
}

const directory = mkdtempSync(join(tmpdir(), 'trent-bench-'))
const path = join(directory, 'trent.db')
const made = Array.from({ length: KEYS }, parseRandomKey)
const changes = made.map(({ change }) => change)
{
  await using store = await open(path)
  console.log(`commits, 1 caller: ${(await commitAll(store, changes.slice(0, 1_000), 1)).toFixed(0)} /s`)
  console.log(`commits, ${CALLERS} callers: ${(await commitAll(store, changes.slice(1_000), CALLERS)).toFixed(0)} /s`)
}
console.log(`bytes per key: ${(statSync(path).size / KEYS).toFixed(0)}`)
{
  await using store = await open(path)
  const at = (i: number) => made[(i * 7_919) % KEYS]?.key ?? made[0]?.key
  const find = async (i: number) => {
    const key = at(i)
    if (key !== undefined && (await store.findKey(SCOPE, key.keyId)) === undefined) throw new Error('a key is missing')
  }
  const findMaterial = async (i: number) => {
    const id = at(i)?.currentMaterialId
    if (id !== undefined && (await store.findMaterial(SCOPE.region, id)) === undefined)
      throw new Error('material is missing')
  }
  console.log(`findKey, not cached: ${(await timeEach(Math.min(KEYS, READS), find)).toFixed(2)} µs`)
  console.log(`findMaterial, not cached: ${(await timeEach(Math.min(KEYS, READS), findMaterial)).toFixed(2)} µs`)
  console.log(`findKey, cached: ${(await timeEach(READS, (i) => find(i % 1_000))).toFixed(2)} µs`)
  console.log(`findMaterial, cached: ${(await timeEach(READS, (i) => findMaterial(i % 1_000))).toFixed(2)} µs`)
  const after = (i: number) => made[(i * 7_919) % KEYS]?.key.keyId ?? ''
  console.log(
    `listKeys of 1000: ${(await timeEach(200, (i) => store.listKeys(SCOPE, { after: after(i), limit: 1_000 }))).toFixed(0)} µs`,
  )
  console.log(`countKeys: ${(await timeEach(10_000, () => store.countKeys(SCOPE))).toFixed(2)} µs`)
}
rmSync(directory, { recursive: true })
