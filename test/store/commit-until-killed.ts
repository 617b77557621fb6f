/** Commits to the store named on the command line until it is killed; each number it prints was acknowledged. */
import { writeSync } from 'node:fs'
import { isError } from '../../src/domain/error.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { aliasOf, dutyOf, keyOf, materialOf, parseKeyIdOf, parseMaterialIdOf } from './records.ts'

const [path = '', first = '0'] = process.argv.slice(2)
const COMMITS_MAX = 100_000
const AT_ONCE = 16

const store = await openSqliteStore({ path })
if (isError(store)) throw new Error(store.message)

let next = Number(first)
async function commitOne(): Promise<void> {
  const n = next++
  const key = keyOf(parseKeyIdOf(n))
  const outcome = isError(store)
    ? 'conflict'
    : await store.commit(
        [
          { kind: 'insert-key', key, material: materialOf(key, parseMaterialIdOf(n)) },
          { kind: 'insert-alias', alias: aliasOf(`${n}`, key.keyId) },
          { kind: 'put-duty', duty: dutyOf(key.keyId, n) },
        ],
        { eventId: `${n}`, line: 'x'.repeat(1_500) },
      )
  if (outcome !== 'committed') throw new Error(`commit ${n} was not accepted`)
  writeSync(1, `${n}\n`)
}

async function commitInTurn(): Promise<void> {
  while (next < Number(first) + COMMITS_MAX) await commitOne()
}
await Promise.all(Array.from({ length: AT_ONCE }, commitInTurn))
