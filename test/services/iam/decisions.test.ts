import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeleteAccessKeyCommand,
  DeleteGroupPolicyCommand,
  DeleteUserCommand,
  DeleteUserPermissionsBoundaryCommand,
  DeleteUserPolicyCommand,
  DetachGroupPolicyCommand,
  DetachUserPolicyCommand,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  RemoveUserFromGroupCommand,
  SetDefaultPolicyVersionCommand,
  TagUserCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import { allow, clientsOf, deny, newUser, policyText, refusal } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, kms, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const rootArn = `arn:aws:iam::${trent.account}:root`
const DENIED = refusal('AccessDeniedException', 400)
const owned = { Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' }

async function newKey(...statements: readonly object[]): Promise<{ readonly id: string; readonly arn: string }> {
  const Policy = statements.length === 0 ? undefined : policyText(owned, ...statements)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy }))
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' }
}

/** A user whose calls a test tries; named after the test. */
async function actor(UserName: string, ...statements: readonly object[]) {
  const key = await newUser(iam, UserName, ...statements)
  const clients = clientsOf(trent, key)
  after(() => clients[Symbol.dispose]())
  return {
    ...key,
    UserName,
    kms: clients.kms,
    encrypt: (KeyId: string) => clients.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })),
  }
}

const key = await newKey()

test('without a policy a user may not use a key, and the text says what is missing', async () => {
  const dana = await actor('dana')
  await assert.rejects(
    dana.encrypt(key.id),
    refusal(
      'AccessDeniedException',
      400,
      `User: ${dana.arn} is not authorized to perform: kms:Encrypt on resource: ${key.arn} because no identity-based policy allows the kms:Encrypt action`,
    ),
  )
})

test('who may use the keys of one alias may use them by any name, and no more once the alias is gone', async () => {
  const named = await newKey()
  const Condition = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/payroll' } }
  const paula = await actor('paula', { ...allow('kms:Encrypt', '*'), Condition })
  await assert.rejects(paula.encrypt(named.id), DENIED)
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/payroll', TargetKeyId: named.id }))
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/second', TargetKeyId: named.id }))
  for (const name of [named.id, named.arn, 'alias/second']) await paula.encrypt(name)
  await assert.rejects(paula.encrypt(key.id), DENIED)
  await kms.send(new DeleteAliasCommand({ AliasName: 'alias/payroll' }))
  await assert.rejects(paula.encrypt(named.id), DENIED)
})

test('who may not use a key does not learn its state', async () => {
  const dora = await actor('dora')
  await assert.rejects(dora.encrypt('1234abcd-12ab-34cd-56ef-1234567890ab'), refusal('NotFoundException', 400))
  const { DisableKeyCommand } = await import('@aws-sdk/client-kms')
  const disabled = await newKey()
  await kms.send(new DisableKeyCommand({ KeyId: disabled.id }))
  await assert.rejects(dora.encrypt(disabled.id), DENIED)
})

test('an inline policy allows from the moment its call answers, and no longer once it is deleted', async () => {
  const user = await actor('inline')
  const put = new PutUserPolicyCommand({
    UserName: user.UserName,
    PolicyName: 'p',
    PolicyDocument: policyText(allow('kms:Encrypt', key.arn)),
  })
  for (let round = 0; round < 5; round++) {
    await assert.rejects(user.encrypt(key.id), DENIED)
    await iam.send(put)
    await user.encrypt(key.id)
    await assert.rejects(user.kms.send(new DescribeKeyCommand({ KeyId: key.id })), DENIED)
    await iam.send(new DeleteUserPolicyCommand({ UserName: user.UserName, PolicyName: 'p' }))
  }
  await assert.rejects(user.encrypt(key.id), DENIED)
})

test('a policy for one key is none for another', async () => {
  const user = await actor('one-key', allow('kms:*', key.arn))
  await user.encrypt(key.id)
  await assert.rejects(user.encrypt((await newKey()).id), DENIED)
  await assert.rejects(
    user.kms.send(new ListKeysCommand({})),
    refusal('AccessDeniedException', 400, /kms:ListKeys on resource: \* because no identity-based policy allows/),
  )
})

test('a managed policy is followed through versions, attachment and detachment', async () => {
  const user = await actor('managed')
  const { UserName } = user
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'use', PolicyDocument: policyText(allow('kms:Encrypt')) }),
  )
  const PolicyArn = Policy?.Arn
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }))
  await user.encrypt(key.id)
  const denied = policyText(deny('kms:*'), allow('kms:*'))
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: denied }))
  await user.encrypt(key.id)
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }))
  await assert.rejects(
    user.encrypt(key.id),
    refusal('AccessDeniedException', 400, /with an explicit deny in an identity-based policy$/),
  )
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
  await user.encrypt(key.id)
  await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }))
  await assert.rejects(user.encrypt(key.id), DENIED)
})

test('a group gives its policies to its members only', async () => {
  const user = await actor('member')
  const GroupName = 'encryptors'
  const { UserName } = user
  await iam.send(new CreateGroupCommand({ GroupName }))
  const PolicyDocument = policyText(allow('kms:Encrypt'))
  await iam.send(new PutGroupPolicyCommand({ GroupName, PolicyName: 'p', PolicyDocument }))
  await assert.rejects(user.encrypt(key.id), DENIED)
  await iam.send(new AddUserToGroupCommand({ GroupName, UserName }))
  await user.encrypt(key.id)
  await iam.send(new DeleteGroupPolicyCommand({ GroupName, PolicyName: 'p' }))
  await assert.rejects(user.encrypt(key.id), DENIED)
  const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
  await iam.send(new AttachGroupPolicyCommand({ GroupName, PolicyArn }))
  await user.encrypt(key.id)
  await iam.send(new DetachGroupPolicyCommand({ GroupName, PolicyArn }))
  await assert.rejects(user.encrypt(key.id), DENIED)
  await iam.send(new AttachGroupPolicyCommand({ GroupName, PolicyArn }))
  await iam.send(new RemoveUserFromGroupCommand({ GroupName, UserName }))
  await assert.rejects(user.encrypt(key.id), DENIED)
})

test('a boundary limits what policies give and gives nothing itself', async () => {
  const user = await actor('bounded', allow('kms:*'))
  const { UserName } = user
  const boundary = policyText(allow('kms:Describe*'))
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument: boundary }))
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary: Policy?.Arn }))
  await assert.rejects(
    user.encrypt(key.id),
    refusal('AccessDeniedException', 400, /because no permissions boundary allows the kms:Encrypt action$/),
  )
  await user.kms.send(new DescribeKeyCommand({ KeyId: key.id }))
  const named = await newKey({ ...owned, Principal: { AWS: user.arn }, Action: 'kms:Encrypt' })
  await user.encrypt(named.id)
  await iam.send(new DeleteUserPermissionsBoundaryCommand({ UserName }))
  await user.encrypt(key.id)
})

test('a user who took the name of a deleted one has nothing of the other', async () => {
  const first = await actor('heir')
  const named = await newKey({ ...owned, Principal: { AWS: first.arn }, Action: 'kms:Encrypt' })
  await first.encrypt(named.id)
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'heir', AccessKeyId: first.accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'heir' }))
  await assert.rejects(first.encrypt(named.id), refusal('UnrecognizedClientException', 400))
  const second = await actor('heir')
  assert.equal(second.arn, first.arn)
  assert.notEqual(second.userId, first.userId)
  await assert.rejects(second.encrypt(named.id), DENIED)
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: named.id }))
  assert.ok(Policy.includes(`"AWS" : "${first.userId}"`), Policy)
  await assert.rejects(
    kms.send(new PutKeyPolicyCommand({ KeyId: named.id, Policy })),
    refusal(
      'MalformedPolicyDocumentException',
      400,
      'Policy contains a statement with one or more invalid principals.',
    ),
  )
})

test('a user who was renamed stays the one that a key policy means', async () => {
  const user = await actor('before')
  const named = await newKey({ ...owned, Principal: { AWS: user.arn }, Action: 'kms:Encrypt' })
  await iam.send(new UpdateUserCommand({ UserName: 'before', NewUserName: 'behind' }))
  await user.encrypt(named.id)
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: named.id }))
  assert.ok(Policy.includes(`"AWS" : "arn:aws:iam::${trent.account}:user/behind"`), Policy)
})

test('a key policy that names nobody who exists is refused', async () => {
  for (const name of ['user/nobody', 'role/nobody', 'user/other/dana', 'user/DANA', 'assumed-role/nobody/s'])
    await assert.rejects(
      newKey({ ...owned, Principal: { AWS: `arn:aws:iam::${trent.account}:${name}` } }),
      refusal(
        'MalformedPolicyDocumentException',
        400,
        'Policy contains a statement with one or more invalid principals.',
      ),
    )
})

test('a user who would lock itself out may not put the policy', async () => {
  const user = await actor('careless', allow('kms:PutKeyPolicy'))
  const careful = await newKey()
  const Policy = policyText({ ...owned, Action: 'kms:Describe*' })
  await assert.rejects(
    user.kms.send(new PutKeyPolicyCommand({ KeyId: careful.id, Policy })),
    refusal('MalformedPolicyDocumentException', 400, /will not allow you to update/),
  )
  await user.kms.send(new PutKeyPolicyCommand({ KeyId: careful.id, Policy: policyText(owned) }))
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'careless', PolicyName: 'inline' }))
  await assert.rejects(user.kms.send(new PutKeyPolicyCommand({ KeyId: careful.id, Policy: policyText(owned) })), DENIED)
})

test('tags of user and key decide together', async () => {
  const user = await actor('tagged', {
    ...allow('kms:Encrypt'),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable.
    Condition: { StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}' } },
  })
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: 'team', TagValue: 'blue' }] }))
  const KeyId = KeyMetadata?.KeyId ?? ''
  await assert.rejects(user.encrypt(KeyId), DENIED)
  await iam.send(new TagUserCommand({ UserName: 'tagged', Tags: [{ Key: 'team', Value: 'red' }] }))
  await assert.rejects(user.encrypt(KeyId), DENIED)
  await iam.send(new TagUserCommand({ UserName: 'tagged', Tags: [{ Key: 'Team', Value: 'blue' }] }))
  await user.encrypt(KeyId)
  await assert.rejects(user.encrypt(key.id), DENIED)
})

const CONDITIONS = [
  [{ StringEquals: { 'aws:username': 'someone' } }, false],
  [{ StringLike: { 'aws:userid': 'AIDA*' }, StringEquals: { 'aws:PrincipalType': 'User' } }, true],
  [{ ArnEquals: { 'aws:PrincipalArn': rootArn } }, false],
  [{ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, false],
  [{ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } }, true],
  [{ Null: { 'aws:TokenIssueTime': 'true' } }, true],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, false],
  [{ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, true],
  [{ StringEquals: { 'kms:CallerAccount': trent.account } }, true],
] as const
for (const [index, [Condition, isAllowed]] of CONDITIONS.entries())
  test(`a long-term key ${isAllowed ? 'meets' : 'does not meet'} ${JSON.stringify(Condition)}`, async () => {
    const user = await actor(`condition-${index}`, { ...allow('kms:Encrypt'), Condition })
    if (isAllowed) await user.encrypt(key.id)
    else await assert.rejects(user.encrypt(key.id), DENIED)
  })
