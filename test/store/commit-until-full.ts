/**
 * Commits to the store named on the command line, under a limit of file size that its parent has set, until one cannot be
 * written. Prints as JSON how many were accepted, how the rest were answered, and what the store then held.
 */
import { isError } from '../../src/domain/error.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { anEvent, HOME, keyOf, parseKeyIdOf } from './records.ts'

const COMMITS_MAX = 2_000
const opened = await openSqliteStore({ path: process.argv[2] ?? '' })
if (isError(opened)) throw new Error(opened.message)
await using store = opened

const commit = (n: number) =>
  store.commit([{ kind: 'insert-key', key: keyOf(parseKeyIdOf(n), { description: 'x'.repeat(4_000) }) }], anEvent())

let accepted = 0
while (accepted < COMMITS_MAX && (await commit(accepted)) === 'committed') accepted++
const answers = await Promise.all([commit(accepted), commit(accepted + 1), commit(accepted + 2)])
const codes = answers.map((answer) => (isError(answer) ? answer.code : answer))
console.log(JSON.stringify({ accepted, codes, held: [await store.countKeys(HOME), await store.epoch()] }))
