import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dataDirectory } from '../../../src/data-directory.ts'
import { keyArn, parseAccountId, parseRegion, type Scope } from '../../../src/domain/arn.ts'
import { isError } from '../../../src/domain/error.ts'
import type { Key } from '../../../src/domain/key.ts'
import { newKeyId } from '../../../src/domain/key-id.ts'
import {
  ALIASES_PER_KEY_MAX,
  CUSTOM_KEY_STORES_MAX,
  GRANTS_PER_KEY_MAX,
  KEY_POLICY_MAX_BYTES,
  KEYS_PER_REGION_MAX,
  ON_DEMAND_ROTATIONS_MAX,
  TAGS_PER_KEY_MAX,
} from '../../../src/domain/limits.ts'
import type { Change } from '../../../src/request/ports.ts'
import { openSqliteStore } from '../../../src/store/sqlite.ts'
import { type Answer, refusedWith } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { AWAY, HOME } from '../../support/multi-region.ts'
import { newAccount, startTrent, type TestTrent } from '../../support/trent.ts'

/** Source: KMS resource quotas, per account and Region or per key. */
test('the quotas are those of AWS', () => {
  assert.deepEqual(
    {
      KEYS_PER_REGION_MAX,
      ALIASES_PER_KEY_MAX,
      GRANTS_PER_KEY_MAX,
      KEY_POLICY_MAX_BYTES,
      CUSTOM_KEY_STORES_MAX,
      ON_DEMAND_ROTATIONS_MAX,
      TAGS_PER_KEY_MAX,
    },
    {
      KEYS_PER_REGION_MAX: 100_000,
      ALIASES_PER_KEY_MAX: 50,
      GRANTS_PER_KEY_MAX: 50_000,
      KEY_POLICY_MAX_BYTES: 32_768,
      CUSTOM_KEY_STORES_MAX: 10,
      ON_DEMAND_ROTATIONS_MAX: 25,
      TAGS_PER_KEY_MAX: 50,
    },
  )
})

const data = await mkdtemp(join(tmpdir(), 'trent-quotas-'))
after(() => rm(data, { recursive: true, force: true }))
const must = <T>(value: T | undefined): T => value ?? assert.fail()
/** Milliseconds since the epoch. */
const DISTANT_MS = 4_000_000_000_000
const digits = (n: number, length: number) => n.toString(16).padStart(length, '0')

/** A key without material: nobody but the quota looks at it. Some are on their way out, and count all the same. */
function emptyKey(scope: Scope, n: number): Key {
  const keyId = newKeyId({ uuid: () => `${digits(n, 8)}-0000-4000-8000-000000000000`, hex: () => '' }, false)
  const state: Key['state'] =
    n % 2 === 0 ? { name: 'PendingImport' } : { name: 'PendingDeletion', deletionDate: DISTANT_MS }
  return {
    ...scope,
    keyId,
    arn: keyArn(scope, keyId),
    revision: 1,
    createdAt: 0,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'EXTERNAL',
    manager: 'CUSTOMER',
    multiRegion: false,
    state,
    tags: [],
  }
}

const KEYS_AT_ONCE = 5_000

/** Puts that many keys into the store of a stopped Trent. */
async function fill(scope: Scope, count: number): Promise<void> {
  const opened = await openSqliteStore({ path: dataDirectory(data).database })
  assert.ok(!isError(opened))
  await using store = opened
  for (let from = 0; from < count; from += KEYS_AT_ONCE) {
    const changes = Array.from({ length: Math.min(KEYS_AT_ONCE, count - from) }, (_, at): Change => {
      return { kind: 'insert-key', key: emptyKey(scope, from + at) }
    })
    assert.equal(await store.commit(changes), 'committed')
  }
}

/** Calls on connections that are open already, so that they arrive together. */
async function atOnce(
  trent: TestTrent,
  calls: ReadonlyArray<Parameters<TestTrent['kms']>>,
): Promise<readonly Answer[]> {
  await Promise.all(calls.map(([, , caller]) => trent.ok('ListKeys', { Limit: 1 }, caller)))
  return Promise.all(calls.map((call) => trent.kms(...call)))
}

/** Of calls that are under way at once and find room for one more, one gets it. */
function onlyOneOf(answers: readonly Answer[], message: string): void {
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const answer of answers.filter(({ status }) => status !== 200))
    refusedWith(answer, 'LimitExceededException', message)
}

test(`a key takes ${ALIASES_PER_KEY_MAX} aliases, also when several are asked for at once`, async () => {
  await using trent = await startTrent('dev')
  const caller = { account: newAccount() }
  const [{ KeyId, Arn }, other] = [await createKey(trent, caller), await createKey(trent, caller)]
  const alias = (name: string, TargetKeyId: string) => ({ AliasName: `alias/${name}`, TargetKeyId })
  for (let n = 1; n < ALIASES_PER_KEY_MAX; n += 1) await trent.ok('CreateAlias', alias(`own-${n}`, KeyId), caller)
  for (let n = 0; n < 3; n += 1) await trent.ok('CreateAlias', alias(`other-${n}`, other.KeyId), caller)
  const calls = [0, 1, 2].flatMap(
    (n): ReadonlyArray<Parameters<TestTrent['kms']>> => [
      ['CreateAlias', alias(`new-${n}`, KeyId), caller],
      ['UpdateAlias', alias(`other-${n}`, KeyId), caller],
    ],
  )
  const message = `The limit of ${ALIASES_PER_KEY_MAX} aliases for ${Arn} has been reached.`
  onlyOneOf(await atOnce(trent, calls), message)
  await trent.ok('UpdateAlias', alias('own-1', KeyId), caller)
  await trent.ok('DeleteAlias', { AliasName: 'alias/own-1' }, caller)
  await trent.ok('CreateAlias', alias('one-more', KeyId), caller)
})

test(`a Region of an account takes ${KEYS_PER_REGION_MAX} keys in whichever states, and replicas count as keys`, async () => {
  const account = newAccount()
  const home = { account, region: HOME }
  const away = { account, region: AWAY }
  const before = await startTrent('dev', { data })
  await createKey(before, away)
  await before.close()
  await fill({ account: must(parseAccountId(account)), region: must(parseRegion(HOME)) }, KEYS_PER_REGION_MAX - 1)

  await using trent = await startTrent('dev', { data })
  const message = `The limit of ${KEYS_PER_REGION_MAX} keys in this account and Region has been reached.`
  const primary = await createKey(trent, away, { MultiRegion: true })
  const inputs = Array.from({ length: 6 }, (_, n) => (n % 2 ? {} : { Origin: 'EXTERNAL' }))
  onlyOneOf(
    await atOnce(
      trent,
      inputs.map((input) => ['CreateKey', input, home]),
    ),
    message,
  )
  refusedWith(await trent.kms('CreateKey', {}, home), 'LimitExceededException', message)
  refusedWith(await trent.kms('CreateKey', { Origin: 'EXTERNAL' }, home), 'LimitExceededException', message)
  const replicate = { KeyId: primary.KeyId, ReplicaRegion: HOME }
  refusedWith(await trent.kms('ReplicateKey', replicate, away), 'LimitExceededException', message)
  await createKey(trent, { account: newAccount(), region: HOME })
  await createKey(trent, away)
})
