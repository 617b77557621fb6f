import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DescribeKeyCommand, ListGrantsCommand, RetireGrantCommand, RevokeGrantCommand } from '@aws-sdk/client-kms'
import { parseAccountId } from '../../../src/domain/arn.ts'
import { isError } from '../../../src/domain/error.ts'
import { parseKeyId } from '../../../src/domain/key-id.ts'
import { GRANTS_PER_KEY_MAX } from '../../../src/domain/limits.ts'
import type { Change } from '../../../src/request/ports.ts'
import { openSqliteStore } from '../../../src/store/sqlite.ts'
import { grantOf, parseScopeOf } from '../../store/records.ts'
import { grant, makeKey, openAccount, refuses } from '../../support/grants.ts'
import { REGION, startTrent } from '../../support/trent.ts'

const data = await mkdtemp(join(tmpdir(), 'trent-grants-'))
after(() => rm(data, { recursive: true }))

test('grants, their ends and their tokens outlive a restart', async () => {
  const first = await startTrent('dev', { data })
  let owner = openAccount(first)
  const key = await makeKey(owner)
  const worker = openAccount(first)
  const wanted = { KeyId: key.KeyId, GranteePrincipal: worker.root, RetiringPrincipal: worker.root }
  const constrained = { EncryptionContextSubset: { a: '1' } }
  const named = { ...wanted, Name: 'n', Operations: ['DescribeKey' as const, 'Encrypt' as const] }
  const kept = await grant(owner, { ...named, Constraints: constrained })
  const ended = await grant(owner, { ...wanted, Operations: ['DescribeKey'] })
  await owner.kms.send(new RevokeGrantCommand({ KeyId: key.KeyId, GrantId: ended.GrantId }))
  const before = await owner.kms.send(new ListGrantsCommand({ KeyId: key.KeyId }))
  for (const { kms } of [owner, worker]) kms.destroy()
  await first.close()

  await using again = await startTrent('dev', { data })
  owner = openAccount(again, owner.id)
  const late = openAccount(again, worker.id)
  const list = await owner.kms.send(new ListGrantsCommand({ KeyId: key.KeyId }))
  assert.deepEqual(list.Grants, before.Grants)
  const describe = (token: string) => late.kms.send(new DescribeKeyCommand({ KeyId: key.Arn, GrantTokens: [token] }))
  await describe(kept.GrantToken)
  await refuses(describe(ended.GrantToken), 'InvalidGrantTokenException')
  assert.equal((await grant(owner, { ...named, Constraints: constrained })).GrantId, kept.GrantId)
  await late.kms.send(new RetireGrantCommand({ GrantToken: kept.GrantToken }))
  await refuses(late.kms.send(new DescribeKeyCommand({ KeyId: key.Arn })), 'AccessDeniedException')
  for (const { kms } of [owner, late]) kms.destroy()
})

test('a token of another installation is none', async () => {
  await using one = await startTrent('dev')
  await using other = await startTrent('dev')
  const here = openAccount(one)
  const there = openAccount(other, here.id)
  const key = await makeKey(here)
  const { GrantToken } = await grant(here, {
    KeyId: key.KeyId,
    GranteePrincipal: here.root,
    Operations: ['DescribeKey'],
  })
  const own = await makeKey(there)
  const call = there.kms.send(new DescribeKeyCommand({ KeyId: own.KeyId, GrantTokens: [GrantToken] }))
  await refuses(call, 'InvalidGrantTokenException')
  for (const { kms } of [here, there]) kms.destroy()
})

test(`a key takes ${GRANTS_PER_KEY_MAX} grants; other keys and what is there already do not suffer`, async () => {
  const first = await startTrent('dev', { data })
  const { id, kms } = openAccount(first)
  const account = { id, kms, root: '' }
  const key = await makeKey(account)
  const free = await makeKey(account)
  kms.destroy()
  await first.close()
  await fill(id, key.KeyId, GRANTS_PER_KEY_MAX - 1)

  await using again = await startTrent('dev', { data })
  const owner = openAccount(again, id)
  const wanted = { KeyId: key.KeyId, GranteePrincipal: owner.root, Operations: ['DescribeKey' as const], Name: 'last' }
  const last = await grant(owner, wanted)
  await refuses(
    grant(owner, { ...wanted, Name: 'one-more' }),
    'LimitExceededException',
    `The limit of ${GRANTS_PER_KEY_MAX} grants for ${key.Arn} has been reached.`,
  )
  assert.equal((await grant(owner, wanted)).GrantId, last.GrantId)
  await grant(owner, { ...wanted, KeyId: free.KeyId })
  await owner.kms.send(new RevokeGrantCommand({ KeyId: key.KeyId, GrantId: last.GrantId }))
  await grant(owner, { ...wanted, Name: 'one-more' })
  owner.kms.destroy()
})

/** Puts that many grants into the store of the stopped Trent, as CreateGrant would have. */
async function fill(account: string, KeyId: string, count: number): Promise<void> {
  const keyId = parseKeyId(KeyId)
  assert.ok(keyId && parseAccountId(account))
  const opened = await openSqliteStore({ path: join(data, 'trent.db') })
  assert.ok(!isError(opened))
  await using store = opened
  const scope = parseScopeOf(account, REGION)
  for (let n = 0; n < count; ) {
    const end = Math.min(count, n + 1_000)
    const from = n
    const changes = Array.from({ length: end - from }, (_, i): Change => {
      return { kind: 'insert-grant', grant: grantOf(from + i, keyId, {}, scope) }
    })
    assert.equal(await store.commit(changes), 'committed')
    n = end
  }
}
