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
import { refusedWith } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { AWAY, HOME } from '../../support/multi-region.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

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
  await createKey(trent, home)
  refusedWith(await trent.kms('CreateKey', {}, home), 'LimitExceededException', message)
  refusedWith(await trent.kms('CreateKey', { Origin: 'EXTERNAL' }, home), 'LimitExceededException', message)
  const replicate = { KeyId: primary.KeyId, ReplicaRegion: HOME }
  refusedWith(await trent.kms('ReplicateKey', replicate, away), 'LimitExceededException', message)
  await createKey(trent, { account: newAccount(), region: HOME })
  await createKey(trent, away)
})
