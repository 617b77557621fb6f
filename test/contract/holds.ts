import assert from 'node:assert/strict'
import type { Key } from '../../src/domain/key.ts'
import type { Change, Store } from '../../src/request/ports.ts'
import { anEvent, parseKeyIdOf, parseMaterialIdOf } from '../store/records.ts'

export type Holds = (sentence: string, body: (store: Store) => Promise<void>) => void

export const A = parseKeyIdOf(0xa)
export const B = parseKeyIdOf(0xb)
export const M1 = parseMaterialIdOf(1)
export const M2 = parseMaterialIdOf(2)

/** Commits and insists that it was accepted. */
export async function put(store: Store, ...changes: readonly Change[]): Promise<void> {
  assert.equal(await store.commit(changes, anEvent()), 'committed')
}

/** Commits, insists on a conflict, and that nothing at all has changed by it. */
export async function refuse(store: Store, ...changes: readonly Change[]): Promise<void> {
  const before = [await store.epoch(), await store.outbox(1000)]
  assert.equal(await store.commit(changes, anEvent()), 'conflict')
  assert.deepEqual([await store.epoch(), await store.outbox(1000)], before)
}

export const insertKey = (key: Key): Change => ({ kind: 'insert-key', key })
