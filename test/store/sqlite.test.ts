import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { storeContract } from '../contract/store.ts'

const directory = mkdtempSync(join(tmpdir(), 'trent-store-'))
after(() => rmSync(directory, { recursive: true }))

async function open(path: string) {
  const store = await openSqliteStore({ path })
  assert.ok(!isError(store))
  return store
}

let files = 0
storeContract('SQLite file', () => open(join(directory, `${files++}.db`)))
storeContract('SQLite memory', () => open(':memory:'))
