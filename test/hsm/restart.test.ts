import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { binding, context, newKey, OTHER_KEY_ID, ok, refusal, startHsm } from './usable-key.ts'

type Key = Awaited<ReturnType<typeof newKey<'kms:Encrypt' & 'kms:Decrypt'>>>

test('a killed process answers what is in flight with a retryable error, then works, and nothing is lost', async () => {
  await using started = await startHsm()
  const { hsm, log } = started
  const key: Key = await newKey(hsm)
  const { ciphertext } = ok(await hsm.encrypt(key, Buffer.from('before'), context()))
  const inFlight = Array.from({ length: 500 }, () => hsm.decrypt(key, ciphertext, context()))
  process.kill(hsm.health.pid ?? 0, 'SIGKILL')
  const verdicts = (await Promise.all(inFlight)).map((answer) => (isError(answer) ? refusal(answer) : 'decrypted'))
  assert.ok(verdicts.includes('KMSInternalException'))
  for (const verdict of verdicts) assert.match(verdict, /^(?:KMSInternalException|decrypted)$/)
  assert.deepEqual(hsm.health, { alive: false, restarts: 0 })
  // Sent while there is no process: it waits for the next one.
  assert.equal(Buffer.from(ok(await hsm.decrypt(key, ciphertext, context()))).toString(), 'before')
  const { alive, restarts } = hsm.health
  assert.deepEqual({ alive, restarts }, { alive: true, restarts: 1 })
  assert.deepEqual(log, ['the key process ended unasked', 'the key process was started again'])
  // A new key under the domain key of before: no second one was needed.
  await newKey(hsm, binding({}, OTHER_KEY_ID))
  assert.equal(started.store.kept.length, 1)
})

test('calls that wait for a process when the service stops are refused', async () => {
  const started = await startHsm()
  const { hsm } = started
  const key: Key = await newKey(hsm)
  process.kill(hsm.health.pid ?? 0, 'SIGKILL')
  while (hsm.health.alive) await new Promise((resolve) => setImmediate(resolve))
  const waiting = hsm.encrypt(key, Buffer.from('x'), context())
  await started[Symbol.asyncDispose]()
  assert.equal(refusal(await waiting), 'KMSInternalException')
  assert.equal(refusal(await hsm.encrypt(key, Buffer.from('x'), context())), 'KMSInternalException')
})

test('stopping answers what was asked before', async () => {
  const started = await startHsm()
  const key: Key = await newKey(started.hsm)
  const asked = Array.from({ length: 200 }, () => started.hsm.encrypt(key, Buffer.from('x'), context()))
  await started[Symbol.asyncDispose]()
  for (const answer of await Promise.all(asked)) assert.ok(!isError(answer))
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const)
  test(`${signal} neither ends the key process nor opens a debugger in it`, async () => {
    await using started = await startHsm()
    const { pid } = started.hsm.health
    process.kill(pid ?? 0, signal)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const key: Key = await newKey(started.hsm)
    assert.ok(!isError(await started.hsm.encrypt(key, Buffer.from('x'), context())))
    assert.deepEqual(started.hsm.health, { alive: true, restarts: 0, pid })
  })

test('forgetting replaces the process, and no request fails meanwhile', async () => {
  await using started = await startHsm()
  const { hsm } = started
  const key: Key = await newKey(hsm)
  const before = hsm.health.pid
  let isForgotten = false
  const verdicts: string[] = []
  const load = Array.from({ length: 16 }, async () => {
    while (!isForgotten) {
      const answer = await hsm.encrypt(key, Buffer.from('x'), context())
      verdicts.push(isError(answer) ? refusal(answer) : 'encrypted')
    }
  })
  await Promise.all([hsm.forget([key.material.materialId]), hsm.forget([key.material.materialId])])
  isForgotten = true
  await Promise.all(load)
  assert.deepEqual([...new Set(verdicts)], ['encrypted'])
  assert.notEqual(hsm.health.pid, before)
  assert.throws(() => process.kill(before ?? 0, 0), { code: 'ESRCH' })
  assert.equal(hsm.health.restarts, 0)
})

test('forgetting nothing replaces nothing', async () => {
  await using started = await startHsm()
  const { pid } = started.hsm.health
  await started.hsm.forget([])
  assert.equal(started.hsm.health.pid, pid)
})
