import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { KeyStoreBackend } from '../../src/request/ports.ts'
import { EXTERNAL_STORE } from './kms-requests.ts'
import type { Caller, TestTrent } from './trent.ts'

/** The world outside, whose answers to the connection of a store wait for the test where it asks for that. */
export function openOutside() {
  const gates = { connect: Promise.resolve(), disconnect: Promise.resolve() }
  const answers: { connect: Awaited<ReturnType<KeyStoreBackend['connect']>> } = { connect: 'connected' }
  const backend: KeyStoreBackend = {
    check: async () => undefined,
    connect: async () => gates.connect.then(() => answers.connect),
    disconnect: () => gates.disconnect,
    createKey: async () => undefined,
    generateRandom: async (_keyStore, bytes) => Buffer.alloc(bytes, 7),
  }
  /** Holds the answer back until what is returned is called. */
  const hold = (name: keyof typeof gates): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gates[name] = promise
    return () => {
      gates[name] = Promise.resolve()
      resolve()
    }
  }
  return { world: { keyStoreBackends: { AWS_CLOUDHSM: backend, EXTERNAL_KEY_STORE: backend } }, hold, answers }
}

const state = async (trent: TestTrent, caller: Caller, CustomKeyStoreId: string): Promise<string> =>
  JSON.parse((await trent.kms('DescribeCustomKeyStores', { CustomKeyStoreId }, caller)).text).CustomKeyStores[0]
    .ConnectionState

/** Fails unless the store comes to that state of its connection. */
export async function reaches(trent: TestTrent, caller: Caller, CustomKeyStoreId: string, wanted: string) {
  for (let i = 0; i < 500 && (await state(trent, caller, CustomKeyStoreId)) !== wanted; i += 1) await delay(10)
  assert.equal(await state(trent, caller, CustomKeyStoreId), wanted)
}

/** A new external key store, connected. */
export async function connectedStore(trent: TestTrent, caller: Caller, input: object = EXTERNAL_STORE) {
  const made = await trent.kms('CreateCustomKeyStore', { CustomKeyStoreName: 'one', ...input }, caller)
  assert.equal(made.status, 200, made.text)
  const { CustomKeyStoreId }: { CustomKeyStoreId: string } = JSON.parse(made.text)
  await trent.ok('ConnectCustomKeyStore', { CustomKeyStoreId }, caller)
  await reaches(trent, caller, CustomKeyStoreId, 'CONNECTED')
  return CustomKeyStoreId
}

export async function disconnect(trent: TestTrent, caller: Caller, CustomKeyStoreId: string): Promise<void> {
  await trent.ok('DisconnectCustomKeyStore', { CustomKeyStoreId }, caller)
  await reaches(trent, caller, CustomKeyStoreId, 'DISCONNECTED')
}
