import assert from 'node:assert/strict'
import { dataDirectory } from '../../src/data-directory.ts'
import { parseAccountId, parseRegion } from '../../src/domain/arn.ts'
import { isError } from '../../src/domain/error.ts'
import type { Key } from '../../src/domain/key.ts'
import { parseKeyId } from '../../src/domain/key-id.ts'
import { nextRevision } from '../../src/domain/next-revision.ts'
import type { Change, Duty, Store } from '../../src/request/ports.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { AWAY, HOME } from './multi-region.ts'

const must = <T>(value: T | undefined): T => value ?? assert.fail()
const LATER_MS = 86_400_000

async function keyIn(store: Store, account: string, region: string, KeyId: string): Promise<Key> {
  const scope = { account: must(parseAccountId(account)), region: must(parseRegion(region)) }
  return must(await store.findKey(scope, must(parseKeyId(KeyId))))
}

const later = ({ account, region, keyId }: Key, kind: Duty['kind']): Change => ({
  kind: 'put-duty',
  duty: { scope: { account, region }, keyId, kind, dueAt: Date.now() + LATER_MS },
})

/** The replica as ReplicateKey leaves it, with a duty that is not due yet. */
async function beingCreated(store: Store, account: string, KeyId: string): Promise<readonly Change[]> {
  const key = await keyIn(store, account, AWAY, KeyId)
  const { currentMaterialId: _, imported: _imported, ...rest } = key
  const creating: Key = { ...rest, revision: key.revision + 1, state: { name: 'Creating' } }
  return [{ kind: 'delete-key', key }, { kind: 'insert-key', key: creating }, later(key, 'synchronize-key')]
}

/** Both keys as UpdatePrimaryRegion leaves them, with a duty that is not due yet. */
async function beingUpdated(store: Store, account: string, KeyId: string): Promise<readonly Change[]> {
  const state = { name: 'Updating', primaryRegion: must(parseRegion(AWAY)) } as const
  const [primary, replica] = [await keyIn(store, account, HOME, KeyId), await keyIn(store, account, AWAY, KeyId)]
  return [
    { kind: 'update-key', key: nextRevision(primary, { state }) },
    { kind: 'update-key', key: nextRevision(replica, { state }) },
    later(primary, 'update-primary'),
  ]
}

export type Stopped = { readonly account: string; readonly KeyId: string; readonly column: 'Creating' | 'Updating' }

/** Puts keys of a stopped Trent into states that a running one leaves as soon as it can. */
export async function holdStates(data: string, keys: readonly Stopped[]): Promise<void> {
  const opened = await openSqliteStore({ path: dataDirectory(data).database })
  assert.ok(!isError(opened))
  await using store = opened
  for (const { account, KeyId, column } of keys) {
    const changes = await (column === 'Creating' ? beingCreated : beingUpdated)(store, account, KeyId)
    assert.equal(await store.commit(changes), 'committed')
  }
}
