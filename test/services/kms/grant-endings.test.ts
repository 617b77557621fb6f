import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  DescribeKeyCommand,
  DisableKeyCommand,
  type GrantOperation,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  PutKeyPolicyCommand,
  RetireGrantCommand,
  type RetireGrantCommandInput,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { GRANT_TOKEN_MAX_AGE_MS } from '../../../src/domain/limits.ts'
import { type Account, type GrantedKey, grant, makeKey, openAccount, refusalOf, refuses } from '../../support/grants.ts'
import { NO_KEY } from '../../support/key.ts'
import { eventsOf } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const data = trent.data ?? ''
const owner = openAccount(trent)
const worker = openAccount(trent)
const keeper = openAccount(trent)
const stranger = openAccount(trent)
const elsewhere = openAccount(trent, owner.id, 'eu-central-1')
after(async () => {
  for (const { kms } of [owner, worker, keeper, stranger, elsewhere]) kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const key = await makeKey(owner)
const NO_GRANT = 'f'.repeat(64)
const HIDDEN = /on this resource because the resource does not exist in this Region/

/** The worker may describe the key, and the keeper may retire the grant. */
const granted = (Operations: GrantOperation[] = ['DescribeKey'], on: GrantedKey = key) =>
  grant(owner, { KeyId: on.KeyId, GranteePrincipal: worker.root, RetiringPrincipal: keeper.root, Operations })
const retire = ({ kms }: Account, input: RetireGrantCommandInput) => kms.send(new RetireGrantCommand(input))
const revoke = ({ kms }: Account, GrantId: string, KeyId = key.Arn) =>
  kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
const describe = ({ kms }: Account, on: GrantedKey = key) => kms.send(new DescribeKeyCommand({ KeyId: on.Arn }))

async function isListed(GrantId: string, on: GrantedKey = key): Promise<boolean> {
  const { Grants } = await owner.kms.send(new ListGrantsCommand({ KeyId: on.KeyId, GrantId }))
  return Grants?.length === 1
}

const MAY_RETIRE: ReadonlyArray<readonly [string, Account, GrantOperation[]]> = [
  ['its retiring principal', keeper, ['DescribeKey']],
  ['its grantee, when it says so', worker, ['DescribeKey', 'RetireGrant']],
  ['the account of the key', owner, ['DescribeKey']],
]
for (const [who, by, operations] of MAY_RETIRE)
  for (const how of ['token', 'key and grant id'] as const)
    test(`a grant is retired by ${who}, by ${how}, and then it is over`, async () => {
      const { GrantId, GrantToken } = await granted(operations)
      await describe(worker)
      await retire(by, how === 'token' ? { GrantToken } : { KeyId: key.Arn, GrantId })
      await refuses(describe(worker), 'AccessDeniedException')
      assert.equal(await isListed(GrantId), false)
      const name = by === owner || how === 'token' ? 'NotFoundException' : 'AccessDeniedException'
      await refuses(retire(by, how === 'token' ? { GrantToken } : { KeyId: key.Arn, GrantId }), name)
    })

test('the account that issued a grant may retire it, also when it is not the key’s', async () => {
  const own = await makeKey(owner)
  await grant(owner, { KeyId: own.KeyId, GranteePrincipal: worker.root, Operations: ['CreateGrant', 'DescribeKey'] })
  const onward = { KeyId: own.Arn, GranteePrincipal: stranger.root, Operations: ['DescribeKey'] as GrantOperation[] }
  const { GrantId } = await grant(worker, onward)
  await describe(stranger, own)
  await refuses(retire(stranger, { KeyId: own.Arn, GrantId }), 'AccessDeniedException', HIDDEN)
  await retire(worker, { KeyId: own.Arn, GrantId })
  await refuses(describe(stranger, own), 'AccessDeniedException')
})

test('nobody else retires a grant, not even its grantee or with its token', async () => {
  const { GrantId, GrantToken } = await granted()
  for (const by of [worker, stranger])
    for (const input of [{ GrantToken }, { KeyId: key.Arn, GrantId }])
      await refuses(retire(by, input), 'AccessDeniedException', HIDDEN)
  await describe(worker)
  await revoke(owner, GrantId)
})

test('a key policy does not let anybody retire grants, and can keep everybody from it', async () => {
  const own = await makeKey(owner)
  const { GrantId } = await granted(['DescribeKey'], own)
  const put = (...more: readonly object[]) => {
    const Statement = [{ Effect: 'Allow', Principal: { AWS: owner.root }, Action: 'kms:*', Resource: '*' }, ...more]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    return owner.kms.send(new PutKeyPolicyCommand({ KeyId: own.KeyId, Policy }))
  }
  const about = (Effect: string, { root }: Account) => ({
    Effect,
    Principal: { AWS: root },
    Action: 'kms:RetireGrant',
    Resource: '*',
  })
  await put(about('Allow', stranger), about('Deny', keeper), about('Deny', owner))
  await refuses(retire(stranger, { KeyId: own.Arn, GrantId }), 'AccessDeniedException', HIDDEN)
  await refuses(retire(keeper, { KeyId: own.Arn, GrantId }), 'AccessDeniedException')
  await refuses(
    retire(owner, { KeyId: own.Arn, GrantId }),
    'AccessDeniedException',
    /with an explicit deny in a resource-based policy$/,
  )
  await put()
  await retire(keeper, { KeyId: own.Arn, GrantId })
})

const RETIRING: ReadonlyArray<readonly [condition: object, isAllowed: boolean]> = [
  [{ StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextEquals' } }, false],
  [{ StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextSubset' } }, true],
  [{ StringEquals: { 'kms:EncryptionContext:a': '1' } }, false],
  [{ StringEquals: { 'kms:EncryptionContext:a': '2' } }, true],
]
for (const [Condition, isAllowed] of RETIRING)
  test(`a denial on ${JSON.stringify(Condition)} looks at the constraint of the grant that is retired`, async () => {
    const own = await makeKey(owner)
    const Statement = [
      { Effect: 'Allow', Principal: { AWS: owner.root }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Deny', Principal: '*', Action: 'kms:RetireGrant', Resource: '*', Condition },
    ]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await owner.kms.send(new PutKeyPolicyCommand({ KeyId: own.KeyId, Policy }))
    const { GrantToken } = await grant(owner, {
      KeyId: own.KeyId,
      GranteePrincipal: worker.root,
      Operations: ['Encrypt'],
      Constraints: { EncryptionContextEquals: { a: '1' } },
    })
    if (isAllowed) await retire(owner, { GrantToken })
    else await refuses(retire(owner, { GrantToken }), 'AccessDeniedException')
  })

test('the account of the key revokes a grant, and then it is over', async () => {
  const { GrantId } = await granted()
  await refuses(revoke(worker, GrantId), 'AccessDeniedException', HIDDEN)
  await refuses(revoke(keeper, GrantId), 'AccessDeniedException', HIDDEN)
  await describe(worker)
  await revoke(owner, GrantId, key.KeyId)
  await refuses(describe(worker), 'AccessDeniedException')
  await refuses(revoke(owner, GrantId), 'NotFoundException', `Grant ID ${GrantId} not found`)
})

test('of many who end one grant at once exactly one succeeds', async () => {
  const { GrantId, GrantToken } = await granted()
  const calls = [
    ...Array.from({ length: 6 }, () => revoke(owner, GrantId)),
    ...Array.from({ length: 6 }, () => retire(keeper, { GrantToken })),
  ]
  const ended = await Promise.allSettled(calls)
  assert.equal(ended.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const each of ended) if (each.status === 'rejected') assert.equal(each.reason.name, 'NotFoundException')
})

test('nobody learns from the answer which keys and grants another account has', async () => {
  const { GrantId } = await granted()
  const told = async (KeyId: string, id: string) => {
    const asked = [retire(stranger, { KeyId, GrantId: id }), revoke(stranger, id, KeyId)]
    return Promise.all(asked.map(refusalOf))
  }
  const expected = await told(key.Arn, GrantId)
  for (const [KeyId, id] of [
    [key.Arn, NO_GRANT],
    [key.Arn.replace(key.KeyId, NO_KEY), GrantId],
    [key.Arn.replace(owner.id, '999999999999'), GrantId],
  ] as const)
    assert.deepEqual(await told(KeyId, id), expected)
  await revoke(owner, GrantId)
})

test('a token that is none tells nobody which keys another account has', async () => {
  for (const KeyId of [key.Arn, key.Arn.replace(key.KeyId, NO_KEY)])
    await refuses(
      stranger.kms.send(new DescribeKeyCommand({ KeyId, GrantTokens: ['AQpA'] })),
      'InvalidGrantTokenException',
    )
})

const WRONG: ReadonlyArray<readonly [string, RetireGrantCommandInput, string]> = [
  ['nothing', {}, 'ValidationException'],
  ['a key alone', { KeyId: key.KeyId }, 'ValidationException'],
  ['a grant id alone', { GrantId: NO_GRANT }, 'ValidationException'],
  ['a token and a key', { GrantToken: 'AQ', KeyId: key.KeyId }, 'ValidationException'],
  ['a token that is none', { GrantToken: 'AQ' }, 'InvalidGrantTokenException'],
  ['an alias', { KeyId: 'alias/a', GrantId: NO_GRANT }, 'InvalidArnException'],
  ['a key that is not there', { KeyId: NO_KEY, GrantId: NO_GRANT }, 'NotFoundException'],
  ['a grant that is not there', { KeyId: key.KeyId, GrantId: NO_GRANT }, 'NotFoundException'],
  ['a short grant id', { KeyId: key.KeyId, GrantId: 'f'.repeat(63) }, 'InvalidGrantIdException'],
  ['a grant id in capitals', { KeyId: key.KeyId, GrantId: 'F'.repeat(64) }, 'InvalidGrantIdException'],
]
for (const [what, input, name] of WRONG)
  test(`retiring ${what} is refused with ${name}`, () => refuses(retire(owner, input), name))

test('revoking takes a grant id of the right form, of a key that is there', async () => {
  await refuses(revoke(owner, 'g'.repeat(64)), 'InvalidGrantIdException')
  await refuses(revoke(owner, NO_GRANT), 'NotFoundException', `Grant ID ${NO_GRANT} not found`)
  await refuses(revoke(owner, NO_GRANT, NO_KEY), 'NotFoundException', new RegExp(`^Key '.*${NO_KEY}' does not exist$`))
  await refuses(revoke(owner, NO_GRANT, 'alias/a'), 'InvalidArnException')
})

test('a grant of one key is none of another', async () => {
  const other = await makeKey(owner)
  const { GrantId } = await granted()
  await refuses(revoke(owner, GrantId, other.KeyId), 'NotFoundException')
  await refuses(retire(owner, { KeyId: other.KeyId, GrantId }), 'NotFoundException')
  await revoke(owner, GrantId)
})

test('a dry run ends no grant, and is refused as the call would be', async () => {
  const { GrantId, GrantToken } = await granted()
  await refuses(retire(keeper, { GrantToken, DryRun: true }), 'DryRunOperationException')
  await refuses(retire(stranger, { GrantToken, DryRun: true }), 'AccessDeniedException')
  const dry = (id: string) => owner.kms.send(new RevokeGrantCommand({ KeyId: key.KeyId, GrantId: id, DryRun: true }))
  await refuses(dry(GrantId), 'DryRunOperationException')
  await refuses(dry(NO_GRANT), 'NotFoundException')
  await describe(worker)
  await revoke(owner, GrantId)
})

test('grants end in every state of the key', async () => {
  const own = await makeKey(owner)
  const made = [await granted(['DescribeKey'], own), await granted(['DescribeKey'], own)]
  const last = await granted(['DescribeKey'], own)
  await owner.kms.send(new DisableKeyCommand(own))
  await retire(keeper, { GrantToken: made[0]?.GrantToken })
  await owner.kms.send(new ScheduleKeyDeletionCommand({ KeyId: own.KeyId, PendingWindowInDays: 7 }))
  await revoke(owner, made[1]?.GrantId ?? '', own.Arn)
  assert.deepEqual([await isListed(made[0]?.GrantId ?? '', own), await isListed(last.GrantId, own)], [false, true])
})

test('a grant goes with its key', async () => {
  const own = await makeKey(owner)
  const { GrantToken } = await granted(['DescribeKey'], own)
  await owner.kms.send(new ScheduleKeyDeletionCommand({ KeyId: own.KeyId, PendingWindowInDays: 7 }))
  await describe(worker, own)
  assert.equal((await trent.control('POST', '/_trent/clock', { advance: 'P8D' })).status, 200)
  await refuses(describe(worker, own), 'AccessDeniedException')
  await refuses(retire(keeper, { GrantToken }), 'NotFoundException')
  const { Grants } = await keeper.kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal: keeper.root }))
  assert.ok(!Grants?.some(({ KeyId }) => KeyId === own.Arn))
})

const withToken = (by: Account, ...GrantTokens: string[]) =>
  by.kms.send(new DescribeKeyCommand({ KeyId: key.Arn, GrantTokens }))

test('a good token changes nothing: it helps its grantee as the grant does, and nobody else', async () => {
  const { GrantId, GrantToken } = await granted()
  const other = await granted(['DescribeKey'], await makeKey(owner))
  await withToken(worker, GrantToken)
  await withToken(worker, other.GrantToken, GrantToken, GrantToken)
  await withToken(owner, GrantToken)
  await refuses(withToken(stranger, GrantToken), 'AccessDeniedException')
  await revoke(owner, GrantId)
  for (const by of [worker, owner]) await refuses(withToken(by, GrantToken), 'InvalidGrantTokenException')
  await refuses(withToken(owner, other.GrantToken, GrantToken), 'InvalidGrantTokenException')
})

test('a token that was changed anywhere is none', async () => {
  const { GrantId, GrantToken } = await granted()
  const bytes = Buffer.from(GrantToken, 'base64url')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    await refuses(withToken(owner, changed.toString('base64url')), 'InvalidGrantTokenException')
  }
  const cut = Array.from({ length: 8 }, (_, n) => GrantToken.slice(0, (n * GrantToken.length) >> 3)).filter(Boolean)
  for (const wrong of [...cut, `${GrantToken}A`, `${GrantToken}=`, ` ${GrantToken}`, bytes.toString('base64url', 1)])
    await refuses(withToken(owner, wrong), 'InvalidGrantTokenException')
  await withToken(owner, GrantToken)
  await revoke(owner, GrantId)
})

test('a token is of its Region', async () => {
  const { GrantId, GrantToken } = await granted()
  const there = await makeKey(elsewhere)
  const call = elsewhere.kms.send(new DescribeKeyCommand({ KeyId: there.KeyId, GrantTokens: [GrantToken] }))
  await refuses(call, 'InvalidGrantTokenException')
  await refuses(retire(elsewhere, { GrantToken }), 'InvalidGrantTokenException')
  await revoke(owner, GrantId)
})

test('events tell the grant and never a token', async () => {
  const call = async (operation: string, input: object, by = owner) =>
    (await eventsOf(data, (await trent.kms(operation, input, { account: by.id })).requestId))[0] ?? assert.fail()
  const made = await trent.kms(
    'CreateGrant',
    {
      KeyId: key.KeyId,
      GranteePrincipal: worker.root,
      RetiringPrincipal: keeper.root,
      Operations: ['Encrypt'],
      Constraints: { EncryptionContextEquals: { a: '1' } },
      Name: 'n',
    },
    { account: owner.id },
  )
  const { GrantId, GrantToken } = JSON.parse(made.text)
  const created = (await eventsOf(data, made.requestId))[0] ?? assert.fail()
  assert.deepEqual(created.requestParameters, {
    keyId: key.KeyId,
    granteePrincipal: worker.root,
    retiringPrincipal: keeper.root,
    operations: ['Encrypt'],
    constraints: { encryptionContextEquals: { a: '1' } },
    name: 'n',
  })
  assert.deepEqual(created.responseElements, { grantId: GrantId, keyId: key.Arn })
  const resources = [{ accountId: owner.id, type: 'AWS::KMS::Key', ARN: key.Arn }]
  assert.deepEqual([created.readOnly, created.resources], [false, resources])
  const listedOnes = await call('ListGrants', { KeyId: key.KeyId, GrantId })
  assert.deepEqual(
    [listedOnes.requestParameters, listedOnes.responseElements, listedOnes.readOnly],
    [{ keyId: key.KeyId, grantId: GrantId }, null, true],
  )
  const used = await call('DescribeKey', { KeyId: key.Arn, GrantTokens: [GrantToken] })
  assert.deepEqual(used.requestParameters, { keyId: key.Arn })
  const denied = await call('RetireGrant', { GrantToken }, stranger)
  assert.deepEqual(
    [denied.errorCode, denied.requestParameters, denied.additionalEventData],
    ['AccessDenied', null, undefined],
  )
  const retired = await call('RetireGrant', { GrantToken }, keeper)
  assert.deepEqual(
    [retired.requestParameters, retired.responseElements, retired.additionalEventData, retired.resources],
    [null, { keyId: key.Arn }, { grantId: GrantId }, resources],
  )
  const other = await granted()
  const revoked = await call('RevokeGrant', { KeyId: key.KeyId, GrantId: other.GrantId })
  assert.deepEqual(
    [revoked.requestParameters, revoked.responseElements],
    [{ keyId: key.KeyId, grantId: other.GrantId }, { keyId: key.Arn }],
  )
  const text = JSON.stringify([created, listedOnes, used, denied, retired, revoked])
  assert.ok(!text.includes(GrantToken) && !text.toLowerCase().includes('granttoken'))
})

/** Last, because it moves the clock past what other tests hold. */
test('a token grows old, its grant does not', async () => {
  const { GrantId, GrantToken } = await granted()
  const days = GRANT_TOKEN_MAX_AGE_MS / 86_400_000
  await trent.control('POST', '/_trent/clock', { advance: `P${days - 1}D` })
  await withToken(worker, GrantToken)
  await trent.control('POST', '/_trent/clock', { advance: 'P1DT1M' })
  await refuses(withToken(worker, GrantToken), 'InvalidGrantTokenException')
  await refuses(retire(keeper, { GrantToken }), 'InvalidGrantTokenException')
  await describe(worker)
  await retire(keeper, { KeyId: key.Arn, GrantId })
})
