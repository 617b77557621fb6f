import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { DIGEST_KEY_VALIDITY_MS, DIGEST_PERIOD_MS } from '../../src/domain/limits.ts'
import { openDigestKeys } from '../../src/request/digest-keys.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { ok, refusal, startHsm } from '../hsm/usable-key.ts'

const started = await startHsm()
const store = ok(await openSqliteStore({ path: ':memory:' }))
after(async () => {
  await store[Symbol.asyncDispose]()
  await started[Symbol.asyncDispose]()
})
const open = () => openDigestKeys(store, started.hsm)

const FIRST = Date.parse('2026-03-01T10:00:00Z')
const START = FIRST - DIGEST_PERIOD_MS
const keys = open()
const fingerprints = { first: ok(await keys.at(FIRST)) }
/** What the text of a digest looks like; the key process signs nothing else. */
const TEXT = [
  '2026-03-01T10:00:00Z',
  'bucket/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/digest.json.gz',
  'a'.repeat(64),
  'null',
].join('\n')

test('digests of the same year are signed with the same key, one by one or at once, and after a restart', async () => {
  const ends = [1, 24, 24 * 300].map((hours) => FIRST + hours * 3_600_000)
  const found = await Promise.all(ends.map((end) => keys.at(end)))
  assert.deepEqual(found, [fingerprints.first, fingerprints.first, fingerprints.first])
  assert.equal(await open().at(FIRST), fingerprints.first)
})

test('the first digest after a year has a new key, which two that meet do not make twice', async () => {
  const last = START + DIGEST_KEY_VALIDITY_MS - 1
  assert.equal(await keys.at(last), fingerprints.first)
  const [one, other] = await Promise.all([keys.at(last + 1), keys.at(last + 1)])
  assert.notEqual(one, fingerprints.first)
  assert.equal(other, one)
  const known = await keys.between(0, Number.MAX_SAFE_INTEGER)
  assert.deepEqual(
    known.map(({ fingerprint }) => fingerprint),
    [fingerprints.first, one],
  )
})

test('the key of a year is told for every time of that year, and no other', async () => {
  const named = async (from: number, to = from) =>
    (await keys.between(from, to)).map(({ fingerprint }) => fingerprint === fingerprints.first)
  assert.deepEqual(await named(START - 2, START - 1), [])
  assert.deepEqual(await named(START + 1), [true])
  assert.deepEqual(await named(START + 2 * DIGEST_KEY_VALIDITY_MS - DIGEST_PERIOD_MS - 1), [false])
  assert.deepEqual(await named(START, START + 2 * DIGEST_KEY_VALIDITY_MS), [true, false])
})

test('a key signs what it signed before, after the year and after a restart, and its signatures verify', async () => {
  for (const { fingerprint, publicKey } of await keys.between(0, Number.MAX_SAFE_INTEGER)) {
    const signature = ok(await open().sign(fingerprint, TEXT))
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'pkcs1' })
    assert.ok(verify('sha256', Buffer.from(TEXT), key, Buffer.from(signature, 'hex')))
    assert.ok(!verify('sha256', Buffer.from(`${TEXT} `), key, Buffer.from(signature, 'hex')))
  }
})

test('a key that was never made signs nothing', async () => {
  assert.equal(refusal(await keys.sign('0'.repeat(32), TEXT)), 'KMSInternalException')
  assert.ok(isError(await keys.sign(fingerprints.first, 'no text of a digest')))
})
