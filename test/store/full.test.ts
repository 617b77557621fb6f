import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { HOME, keyOf, parseKeyIdOf } from './records.ts'

/** Of 512 or 1024 bytes, by shell: 1 or 2 MiB, far more than a new store and far less than all the commits. */
const FILE_BLOCKS_MAX = 2_048

const directory = mkdtempSync(join(tmpdir(), 'trent-store-'))
after(() => rmSync(directory, { recursive: true }))

test('a file that cannot grow refuses commits, keeps those it answered, and goes on once it can', async () => {
  const path = join(directory, 'trent.db')
  const script = join(import.meta.dirname, 'commit-until-full.ts')
  const command = `ulimit -f ${FILE_BLOCKS_MAX}; exec "$@"`
  const printed = execFileSync('sh', ['-c', command, 'sh', process.execPath, script, path], { encoding: 'utf8' })
  const { accepted, codes, held } = JSON.parse(printed)
  assert.ok(accepted > 10 && accepted < 2_000)
  assert.deepEqual(codes, Array(3).fill('KMSInternalException'))
  assert.deepEqual(held, [accepted, accepted])

  const store = await openSqliteStore({ path })
  assert.ok(!isError(store))
  await using reopened = store
  assert.deepEqual([await reopened.countKeys(HOME), await reopened.epoch()], [accepted, accepted])
  assert.equal((await reopened.outbox(5_000)).length, accepted)
  const change = { kind: 'insert-key', key: keyOf(parseKeyIdOf(accepted)) } as const
  assert.equal(await reopened.commit([change]), 'committed')
})
