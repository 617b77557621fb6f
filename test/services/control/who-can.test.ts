import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AddUserToGroupCommand,
  CreateGroupCommand,
  CreateRoleCommand,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateAliasCommand, CreateGrantCommand, CreateKeyCommand } from '@aws-sdk/client-kms'
import { type ControlOutput, controlCall } from '../../support/control.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, kms, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const rootArn = `arn:aws:iam::${trent.account}:root`
const owned = { Sid: 'account', Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' }
const OTHER = '444455556666'

async function newKey(...statements: readonly object[]): Promise<{ readonly id: string; readonly arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyText(owned, ...statements) }))
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' }
}

type Ability = ControlOutput['Principals'][number]['Abilities'][number]

/** Everybody who can, by name. */
async function whoCan(KeyId: string, Action?: string): Promise<ReadonlyMap<string, readonly Ability[]>> {
  const found = new Map<string, readonly Ability[]>()
  for (let NextToken: string | undefined, page = 0; page < 100; page++) {
    const answer = await controlCall(trent, trent.credentials, 'WhoCan', { KeyId, Action, NextToken })
    assert.equal(answer.status, 200, JSON.stringify(answer))
    for (const { Principal, Abilities } of answer.output.Principals) found.set(Principal, Abilities)
    NextToken = answer.output.NextToken
    if (NextToken === undefined) break
  }
  return found
}

/** The conditions of each way, and those of each exception. */
async function conditionsOf(KeyId: string, Action: string, arn: string) {
  const [ability] = (await whoCan(KeyId, Action)).get(arn) ?? []
  return ability && { ways: ability.Ways.map((way) => way.If), except: ability.Except.map((way) => way.If) }
}

const plain = await newKey()

test('the root user can, by the statement that names the account', async () => {
  const [ability] = (await whoCan(plain.id, 'kms:Decrypt')).get(rootArn) ?? []
  assert.deepEqual(ability?.Ways, [{ If: [], By: ['statement 1 ("account") of the key policy'] }])
})

test('a user whom nothing allows is not listed', async () => {
  const nobody = await newUser(iam, 'nobody')
  assert.ok(!(await whoCan(plain.id)).has(nobody.arn))
})

test('a user whom an identity policy allows one action is listed for that one', async () => {
  const one = await newUser(
    iam,
    'one',
    allow('kms:Decrypt', plain.arn),
    allow('kms:Encrypt', 'arn:aws:kms:*:*:key/other'),
  )
  const abilities = (await whoCan(plain.id)).get(one.arn)
  assert.deepEqual(
    abilities?.map(({ Actions }) => Actions),
    [['kms:Decrypt']],
  )
  assert.ok(!(await whoCan(plain.id, 'Encrypt')).has(one.arn))
})

const conditions = [
  ['mfa', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, ['mfa']],
  ['tenant', { StringEquals: { 'kms:EncryptionContext:tenant': '42' } }, ['tenant=42']],
  ['tenants', { StringEquals: { 'kms:EncryptionContext:Tenant': ['1', '2'] } }, ['tenant=1 or 2']],
  ['address', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, ['source address in 10.0.0.0/8']],
  ['time', { DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } }, ['time before 2027-01-01T00:00:00Z']],
  ['age', { NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } }, ['seconds since mfa < 3600']],
  ['null', { Null: { 'kms:EncryptionContext:tenant': 'false' } }, ['with tenant']],
  ['exists', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }, ['mfa (or absent)']],
  ['not', { StringNotEquals: { 'kms:EncryptionContext:tenant': ['1', '2'] } }, ['tenant is not 1 nor 2']],
  ['known', { StringEquals: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT', 'aws:username': 'cond-known' } }, []],
] as const
for (const [name, Condition, words] of conditions)
  test(`conditions that only the request can meet are told in plain words: ${name}`, async () => {
    const user = await newUser(iam, `cond-${name}`, { ...allow('kms:Decrypt', plain.arn), Condition })
    assert.deepEqual(await conditionsOf(plain.id, 'kms:Decrypt', user.arn), { ways: [words], except: [] })
  })

const never = [
  ['another key spec', { StringEquals: { 'kms:KeySpec': 'RSA_2048' } }],
  ['another name', { StringEquals: { 'aws:username': 'somebody-else' } }],
  ['a service in between', { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } }],
  ['a tag that the user does not have', { StringEquals: { 'aws:PrincipalTag/team': 'blue' } }],
] as const
for (const [index, [name, Condition]] of never.entries())
  test(`who would need ${name} cannot`, async () => {
    const user = await newUser(iam, `never-${index}`, { ...allow('kms:Decrypt', plain.arn), Condition })
    assert.ok(!(await whoCan(plain.id, 'kms:Decrypt')).has(user.arn))
  })

test('an encryption context is no condition of an action that has none', async () => {
  const Condition = { StringEquals: { 'kms:EncryptionContext:tenant': '42' } }
  const user = await newUser(iam, 'contextual', { ...allow('kms:*', plain.arn), Condition })
  const actions = (await whoCan(plain.id)).get(user.arn)?.flatMap(({ Actions }) => Actions) ?? []
  assert.ok(actions.includes('kms:Decrypt') && !actions.includes('kms:DescribeKey'), actions.join())
})

test('an unconditional deny leaves nobody, a conditional one is told as an exception', async () => {
  const denied = await newKey(
    { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    },
  )
  assert.deepEqual([...(await whoCan(denied.id, 'kms:Decrypt')).keys()], [])
  const expected = { ways: [[]], except: [['no mfa (or absent)']] }
  assert.deepEqual(await conditionsOf(denied.id, 'kms:Encrypt', rootArn), expected)
})

test('conditions of key policy and identity policy are needed together', async () => {
  const Condition = { StringEquals: { 'kms:EncryptionContext:tenant': '42' } }
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({
      Policy: policyText({ ...owned, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    }),
  )
  const user = await newUser(iam, 'both', { ...allow('kms:Decrypt'), Condition })
  const { ways } = (await conditionsOf(KeyMetadata?.KeyId ?? '', 'kms:Decrypt', user.arn)) ?? assert.fail()
  assert.deepEqual(ways, [['no tls', 'tenant=42']])
})

test('groups count, and roles are listed for their sessions', async () => {
  await iam.send(new CreateGroupCommand({ GroupName: 'readers' }))
  await iam.send(
    new PutGroupPolicyCommand({
      GroupName: 'readers',
      PolicyName: 'read',
      PolicyDocument: policyText(allow('kms:Decrypt')),
    }),
  )
  const member = await newUser(iam, 'member')
  await iam.send(new AddUserToGroupCommand({ GroupName: 'readers', UserName: 'member' }))
  const trust = policyText({ Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'sts:AssumeRole' })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'worker', AssumeRolePolicyDocument: trust }))
  const tagged = { ...allow('kms:Decrypt'), Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'work', PolicyDocument: policyText(tagged) }),
  )
  const able = await whoCan(plain.id, 'kms:Decrypt')
  assert.ok(able.has(member.arn))
  assert.deepEqual(able.get(Role?.Arn ?? '')?.[0]?.Ways[0]?.If, ['principal tag team=blue'])
})

test('other accounts are listed with the condition that they allow it, for what works across accounts', async () => {
  const shared = await newKey({ Effect: 'Allow', Principal: { AWS: OTHER }, Action: 'kms:*', Resource: '*' })
  const able = await whoCan(shared.id)
  const [ability] = able.get(`principals of account ${OTHER}`) ?? assert.fail()
  assert.deepEqual(ability?.Ways[0]?.If, ['its own account allows it'])
  assert.ok(ability?.Actions.includes('kms:Decrypt') && !ability.Actions.includes('kms:PutKeyPolicy'))
})

test('everybody is told as such', async () => {
  const open = await newKey({ Effect: 'Allow', Principal: '*', Action: 'kms:DescribeKey', Resource: '*' })
  const able = await whoCan(open.id, 'kms:DescribeKey')
  assert.deepEqual(able.get('any principal of another account')?.[0]?.Ways[0]?.If, ['its own account allows it'])
  assert.ok(!(await whoCan(plain.id)).has('any principal of another account'))
})

test('a grant gives its operations under its constraint, and no others', async () => {
  const grantee = await newUser(iam, 'grantee')
  const granted = await newKey()
  await kms.send(
    new CreateGrantCommand({
      KeyId: granted.id,
      GranteePrincipal: grantee.arn,
      Operations: ['Decrypt', 'DescribeKey'],
      Constraints: { EncryptionContextSubset: { tenant: '42' } },
    }),
  )
  assert.deepEqual(await conditionsOf(granted.id, 'kms:Decrypt', grantee.arn), { ways: [['tenant=42']], except: [] })
  assert.deepEqual(await conditionsOf(granted.id, 'kms:DescribeKey', grantee.arn), { ways: [[]], except: [] })
  assert.ok(!(await whoCan(granted.id, 'kms:Encrypt')).has(grantee.arn))
})

test('all pages together list everybody once', async () => {
  const crowd: string[] = []
  for (let i = 0; i < 60; i++) crowd.push((await newUser(iam, `crowd-${i}`, allow('kms:Verify'))).arn)
  const able = await whoCan(plain.id, 'kms:Verify')
  assert.deepEqual(
    crowd.filter((arn) => !able.has(arn)),
    [],
  )
})

test('without the right nobody learns who can, nor whether key or alias exists', async () => {
  const stranger = await newUser(iam, 'stranger', allow('kms:*'))
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/secret', TargetKeyId: plain.id }))
  const unknown = '1234abcd-12ab-34cd-56ef-1234567890ab'
  for (const [KeyId, shown] of [
    [plain.id, plain.arn],
    [unknown, plain.arn.replace(plain.id, unknown)],
    ['alias/secret', plain.arn.replace(`key/${plain.id}`, 'alias/secret')],
    ['alias/none', plain.arn.replace(`key/${plain.id}`, 'alias/none')],
  ] as const) {
    const answer = await controlCall(trent, stranger, 'WhoCan', { KeyId })
    const expected = `User: ${stranger.arn} is not authorized to perform: trent:WhoCan on resource: ${shown} because no identity-based policy allows the trent:WhoCan action`
    assert.equal(answer.message, expected)
  }
})

test('the right to one key is no right to another, nor to what an alias names', async () => {
  const other = await newKey()
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/other', TargetKeyId: other.id }))
  const limited = await newUser(iam, 'limited', allow('trent:WhoCan', [plain.arn, 'arn:aws:kms:*:*:alias/*']))
  assert.equal((await controlCall(trent, limited, 'WhoCan', { KeyId: plain.id })).status, 200)
  assert.equal((await controlCall(trent, limited, 'WhoCan', { KeyId: other.id })).code, 'AccessDeniedException')
  assert.equal((await controlCall(trent, limited, 'WhoCan', { KeyId: 'alias/other' })).code, 'AccessDeniedException')
  const denied = await newUser(iam, 'denied', allow('*'), deny('trent:WhoCan'))
  assert.equal((await controlCall(trent, denied, 'WhoCan', { KeyId: plain.id })).code, 'AccessDeniedException')
})

test('keys of other accounts and of nobody are refused, each in its way', async () => {
  const foreign = `arn:aws:kms:us-east-1:${OTHER}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
  const refused = await controlCall(trent, trent.credentials, 'WhoCan', { KeyId: foreign })
  assert.equal(refused.code, 'AccessDeniedException')
  for (const KeyId of ['1234abcd-12ab-34cd-56ef-1234567890ab', 'alias/nothing', 'nonsense'])
    assert.equal((await controlCall(trent, trent.credentials, 'WhoCan', { KeyId })).code, 'NotFoundException', KeyId)
})

test('what is no action on keys is not valid', async () => {
  for (const Action of ['kms:CreateKey', 'iam:GetUser', 'Frobnicate', 'kms:*'])
    assert.equal(
      (await controlCall(trent, trent.credentials, 'WhoCan', { KeyId: plain.id, Action })).code,
      'ValidationException',
      Action,
    )
})
