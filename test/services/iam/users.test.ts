import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  paginateListUsers,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allow, clientsOf, newAccessKey, newUser, policyText, refusal } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, sts, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'

test('a user is made, shown, renamed and deleted', async () => {
  const { User } = await iam.send(
    new CreateUserCommand({ UserName: 'Dana', Path: '/team/', Tags: [{ Key: 'team', Value: 'blue' }] }),
  )
  assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/)
  assert.equal(User?.Arn, `arn:aws:iam::${trent.account}:user/team/Dana`)
  assert.ok(Math.abs((User?.CreateDate?.getTime() ?? 0) - Date.now()) < 60_000)
  const shown = await iam.send(new GetUserCommand({ UserName: 'dana' }))
  assert.deepEqual(shown.User, User)
  await iam.send(new UpdateUserCommand({ UserName: 'Dana', NewUserName: 'dora', NewPath: '/' }))
  const renamed = await iam.send(new GetUserCommand({ UserName: 'dora' }))
  assert.equal(renamed.User?.Arn, `arn:aws:iam::${trent.account}:user/dora`)
  assert.equal(renamed.User?.UserId, User?.UserId)
  await assert.rejects(
    iam.send(new GetUserCommand({ UserName: 'Dana' })),
    refusal('NoSuchEntityException', 404, 'The user with name Dana cannot be found.'),
  )
  await iam.send(new DeleteUserCommand({ UserName: 'dora' }))
  await assert.rejects(iam.send(new DeleteUserCommand({ UserName: 'dora' })), refusal('NoSuchEntityException', 404))
})

test('a name is taken whatever its case', async () => {
  await newUser(iam, 'taken')
  await assert.rejects(
    iam.send(new CreateUserCommand({ UserName: 'TAKEN' })),
    refusal('EntityAlreadyExistsException', 409, 'User with name TAKEN already exists.'),
  )
  await newUser(iam, 'other')
  await assert.rejects(
    iam.send(new UpdateUserCommand({ UserName: 'other', NewUserName: 'Taken' })),
    refusal('EntityAlreadyExistsException', 409),
  )
})

const MALFORMED = [
  [{ UserName: 'a b' }, /at 'userName' failed to satisfy constraint/],
  [{ UserName: 'a'.repeat(65) }, /Member must have length less than or equal to 64/],
  [{ UserName: 'a', Path: 'team/' }, /at 'path'/],
  [{ UserName: 'a', Tags: [{ Key: '<', Value: '' }] }, /at 'tags.1.member.key'/],
] as const
for (const [input, message] of MALFORMED)
  test(`CreateUser refuses ${JSON.stringify(input).slice(0, 60)}`, () =>
    assert.rejects(
      iam.send(new CreateUserCommand({ ...input, Tags: 'Tags' in input ? [...input.Tags] : undefined })),
      refusal('ValidationError', 400, message),
    ))

test('tags are added, replaced and removed whatever their case', async () => {
  const UserName = 'tagged'
  await newUser(iam, UserName)
  await iam.send(
    new TagUserCommand({
      UserName,
      Tags: [
        { Key: 'Team', Value: 'blue' },
        { Key: 'stage', Value: '' },
      ],
    }),
  )
  await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'team', Value: 'red' }] }))
  await iam.send(new UntagUserCommand({ UserName, TagKeys: ['STAGE', 'absent'] }))
  const { Tags, IsTruncated } = await iam.send(new ListUserTagsCommand({ UserName }))
  assert.deepEqual([Tags, IsTruncated], [[{ Key: 'team', Value: 'red' }], false])
  await assert.rejects(
    iam.send(
      new TagUserCommand({
        UserName,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'A', Value: '2' },
        ],
      }),
    ),
    refusal('InvalidInputException', 400),
  )
  const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }))
  await assert.rejects(iam.send(new TagUserCommand({ UserName, Tags: many })), refusal('LimitExceededException', 409))
})

test('lists come in pages and by path', async () => {
  for (const name of ['c', 'a', 'B'])
    await iam.send(new CreateUserCommand({ UserName: `page-${name}`, Path: '/pages/' }))
  const names: (string | undefined)[] = []
  for await (const page of paginateListUsers({ client: iam, pageSize: 1 }, { PathPrefix: '/pages/' }))
    names.push(...(page.Users ?? []).map(({ UserName }) => UserName))
  assert.deepEqual(names, ['page-a', 'page-B', 'page-c'])
  await assert.rejects(
    iam.send(new ListUsersCommand({ Marker: 'not one of ours' })),
    refusal('ValidationError', 400, 'Invalid Marker.'),
  )
})

test('an access key works until it is switched off, and again when it is switched on', async () => {
  const { accessKeyId: AccessKeyId, ...key } = await newUser(iam, 'keyed')
  using own = clientsOf(trent, { ...key, accessKeyId: AccessKeyId })
  assert.equal((await own.sts.send(new GetCallerIdentityCommand({}))).Arn, key.arn)
  await iam.send(new UpdateAccessKeyCommand({ UserName: 'keyed', AccessKeyId, Status: 'Inactive' }))
  const INVALID = refusal('InvalidClientTokenId', 403, 'The security token included in the request is invalid.')
  await assert.rejects(own.sts.send(new GetCallerIdentityCommand({})), INVALID)
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName: 'keyed' }))
  assert.deepEqual(
    AccessKeyMetadata?.map(({ Status, UserName }) => [Status, UserName]),
    [['Inactive', 'keyed']],
  )
  await iam.send(new UpdateAccessKeyCommand({ UserName: 'keyed', AccessKeyId, Status: 'Active' }))
  assert.equal((await own.sts.send(new GetCallerIdentityCommand({}))).UserId, key.userId)
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'keyed', AccessKeyId }))
  await assert.rejects(own.sts.send(new GetCallerIdentityCommand({})), INVALID)
})

test('a wrong secret is refused', async () => {
  const key = await newUser(iam, 'forged')
  using forged = clientsOf(trent, { ...key, secretAccessKey: 'wrong' })
  await assert.rejects(forged.sts.send(new GetCallerIdentityCommand({})), refusal('SignatureDoesNotMatch', 403))
})

test('a user has two access keys at the most, and nobody deletes those of another by their id', async () => {
  const first = await newUser(iam, 'two-keys')
  await newAccessKey(iam, 'two-keys')
  await assert.rejects(
    iam.send(new CreateAccessKeyCommand({ UserName: 'two-keys' })),
    refusal('LimitExceededException', 409, 'Cannot exceed quota for AccessKeysPerUser: 2'),
  )
  await newUser(iam, 'thief')
  await assert.rejects(
    iam.send(new DeleteAccessKeyCommand({ UserName: 'thief', AccessKeyId: first.accessKeyId })),
    refusal('NoSuchEntityException', 404, `The Access Key with id ${first.accessKeyId} cannot be found.`),
  )
})

test('of many keys that are asked for at once two are made', async () => {
  await iam.send(new CreateUserCommand({ UserName: 'at-once' }))
  const asked = Array.from({ length: 6 }, () => iam.send(new CreateAccessKeyCommand({ UserName: 'at-once' })))
  const results = await Promise.allSettled(asked)
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2)
})

test('a user goes only when everything of it is gone', async () => {
  const UserName = 'conflicted'
  const { accessKeyId: AccessKeyId } = await newUser(iam, UserName, allow('kms:*'))
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: ADMINISTRATOR }))
  const gone = () => iam.send(new DeleteUserCommand({ UserName }))
  const conflict = (first: string) =>
    refusal('DeleteConflictException', 409, `Cannot delete entity, must ${first} first.`)
  await assert.rejects(gone(), conflict('detach all policies'))
  await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn: ADMINISTRATOR }))
  await assert.rejects(gone(), conflict('delete policies'))
  await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'inline' }))
  await assert.rejects(gone(), conflict('delete access keys'))
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
  await gone()
})

test('the root user is shown without a name and has keys of its own', async () => {
  const { User } = await iam.send(new GetUserCommand({}))
  assert.deepEqual(
    [User?.Arn, User?.UserId, User?.UserName],
    [`arn:aws:iam::${trent.account}:root`, trent.account, undefined],
  )
  const second = await newAccessKey(iam)
  using own = clientsOf(trent, second)
  assert.equal((await own.sts.send(new GetCallerIdentityCommand({}))).UserId, trent.account)
  await assert.rejects(newAccessKey(iam), refusal('LimitExceededException', 409))
  await iam.send(new DeleteAccessKeyCommand({ AccessKeyId: second.accessKeyId }))
})

test('a user may do nothing in IAM until a policy says so', async () => {
  const key = await newUser(iam, 'powerless')
  using own = clientsOf(trent, key)
  await assert.rejects(
    own.iam.send(new GetUserCommand({})),
    refusal(
      'AccessDenied',
      403,
      `User: ${key.arn} is not authorized to perform: iam:GetUser on resource: ${key.arn} because no identity-based policy allows the iam:GetUser action`,
    ),
  )
  await assert.rejects(own.iam.send(new GetUserCommand({ UserName: 'nobody' })), refusal('AccessDenied', 403))
  await assert.rejects(own.iam.send(new CreateUserCommand({ UserName: 'x' })), refusal('AccessDenied', 403))
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Account, trent.account)
})

test('a user manages its own access keys and nobody else’s by the usual policy', async () => {
  const own = `arn:aws:iam::${trent.account}:user/\${aws:username}`
  const key = await newUser(iam, 'self-service', allow(['iam:*AccessKey*', 'iam:GetUser'], own))
  using self = clientsOf(trent, key)
  assert.equal((await self.iam.send(new GetUserCommand({}))).User?.UserName, 'self-service')
  await newAccessKey(self.iam)
  const { AccessKeyMetadata } = await self.iam.send(new ListAccessKeysCommand({}))
  assert.equal(AccessKeyMetadata?.length, 2)
  await assert.rejects(newAccessKey(self.iam, 'powerless'), refusal('AccessDenied', 403))
})

test('a policy document that is none is refused', async () => {
  await newUser(iam, 'documents')
  const { PutUserPolicyCommand } = await import('@aws-sdk/client-iam')
  const put = (PolicyDocument: string) =>
    iam.send(new PutUserPolicyCommand({ UserName: 'documents', PolicyName: 'p', PolicyDocument }))
  const cases = [
    ['{', 'Syntax errors in policy.'],
    [JSON.stringify({ Statement: [allow('kms:*')] }), 'Policy document must be version 2012-10-17 or greater.'],
    [policyText({ ...allow('kms:*'), Principal: '*' }), 'Policy document should not specify a principal.'],
    [policyText(allow('Encrypt')), 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'],
    [policyText(allow('kms:*', 'key/x')), 'Resource key/x must be in ARN format or "*".'],
  ] as const
  for (const [text, message] of cases)
    await assert.rejects(put(text), refusal('MalformedPolicyDocumentException', 400, message))
  await assert.rejects(
    put(policyText(allow(Array.from({ length: 300 }, (_, index) => `kms:Action${index}`)))),
    refusal('LimitExceededException', 409, 'Maximum policy size of 2048 bytes exceeded for user documents'),
  )
})

test('an account has one alias at the most', async () => {
  const { CreateAccountAliasCommand, DeleteAccountAliasCommand, ListAccountAliasesCommand } = await import(
    '@aws-sdk/client-iam'
  )
  const aliases = async () => (await iam.send(new ListAccountAliasesCommand({}))).AccountAliases
  assert.deepEqual(await aliases(), [])
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: 'first' }))
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: 'second' }))
  assert.deepEqual(await aliases(), ['second'])
  for (const AccountAlias of ['a--b', 'Upper', '-a'])
    await assert.rejects(iam.send(new CreateAccountAliasCommand({ AccountAlias })), refusal('ValidationError', 400))
  await assert.rejects(
    iam.send(new DeleteAccountAliasCommand({ AccountAlias: 'first' })),
    refusal('NoSuchEntityException', 404),
  )
  await iam.send(new DeleteAccountAliasCommand({ AccountAlias: 'second' }))
  assert.deepEqual(await aliases(), [])
})
