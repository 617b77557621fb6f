import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  GetRoleCommand,
  GetUserCommand,
  ListUsersCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand, GenerateRandomCommand } from '@aws-sdk/client-kms'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  type STSClient,
} from '@aws-sdk/client-sts'
import { allow, clientsOf, deny, newUser, policyText, refusal, signerOf } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, kms, sts, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const { account } = trent
const rootArn = `arn:aws:iam::${account}:root`
const DENIED = refusal('AccessDeniedException', 400)
const trusting = (AWS: string, more: object = {}) =>
  policyText({
    Effect: 'Allow',
    Principal: { AWS },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    ...more,
  })

async function newRole(RoleName: string, trust: string, ...statements: readonly object[]) {
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
  const PolicyDocument = policyText(...statements)
  if (statements.length > 0)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'inline', PolicyDocument }))
  return { arn: Role?.Arn ?? '', roleId: Role?.RoleId ?? '' }
}

/** A session of the role, and what it may ask. */
async function assume(by: STSClient, RoleArn: string, more: Partial<AssumeRoleCommandInput> = {}) {
  const answer = await by.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'run7', ...more }))
  const clients = clientsOf(trent, signerOf(answer.Credentials))
  after(() => clients[Symbol.dispose]())
  return { ...clients, answer }
}

const random = new GenerateRandomCommand({ NumberOfBytes: 8 })
const dana = await newUser(iam, 'dana', allow('sts:*'))
const own = clientsOf(trent, dana)
after(() => own[Symbol.dispose]())

test('a user becomes a role that names it, and is the role and nothing else', async () => {
  const role = await newRole('named', trusting(dana.arn), allow('kms:GenerateRandom'))
  const session = await assume(own.sts, role.arn)
  assert.deepEqual(session.answer.AssumedRoleUser, {
    AssumedRoleId: `${role.roleId}:run7`,
    Arn: `arn:aws:sts::${account}:assumed-role/named/run7`,
  })
  assert.match(session.answer.Credentials?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/)
  const left = (session.answer.Credentials?.Expiration?.getTime() ?? 0) - Date.now()
  assert.ok(left > 3_500_000 && left <= 3_600_000)
  const identity = await session.sts.send(new GetCallerIdentityCommand({}))
  assert.deepEqual(
    [identity.Arn, identity.UserId],
    [`arn:aws:sts::${account}:assumed-role/named/run7`, `${role.roleId}:run7`],
  )
  await session.kms.send(random)
  await assert.rejects(own.kms.send(random), DENIED)
  await assert.rejects(session.kms.send(new CreateKeyCommand({})), DENIED)
})

test('a role that trusts the account needs leave in IAM as well', async () => {
  const role = await newRole('delegated', trusting(rootArn))
  await assume(own.sts, role.arn)
  using other = clientsOf(trent, await newUser(iam, 'without-leave'))
  const text = `User: arn:aws:iam::${account}:user/without-leave is not authorized to perform: sts:AssumeRole on resource: ${role.arn}`
  await assert.rejects(assume(other.sts, role.arn), refusal('AccessDenied', 403, text))
})

test('a role that trusts somebody else, and one that does not exist, are refused alike', async () => {
  await newUser(iam, 'somebody')
  const role = await newRole('foreign', trusting(`arn:aws:iam::${account}:user/somebody`))
  for (const arn of [role.arn, `arn:aws:iam::${account}:role/nothing`, 'arn:aws:iam::444455556666:role/foreign'])
    await assert.rejects(
      assume(own.sts, arn),
      refusal(
        'AccessDenied',
        403,
        `User: ${dana.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      ),
    )
})

test('the root user may not become a role', async () => {
  const role = await newRole('rooted', trusting(rootArn))
  await assert.rejects(
    assume(sts, role.arn),
    refusal('AccessDenied', 403, 'Roles may not be assumed by root accounts.'),
  )
})

test('what is taken from a role is taken from its sessions when the call returns', async () => {
  const role = await newRole('revoked', trusting(dana.arn), allow('kms:GenerateRandom'))
  const session = await assume(own.sts, role.arn)
  await session.kms.send(random)
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'revoked', PolicyName: 'inline' }))
  await assert.rejects(session.kms.send(random), DENIED)
  await iam.send(
    new AttachRolePolicyCommand({ RoleName: 'revoked', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
  )
  await session.kms.send(random)
  const older = { ...deny('*'), Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(Date.now() + 1000) } } }
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'revoked', PolicyName: 'older', PolicyDocument: policyText(older) }),
  )
  await assert.rejects(session.kms.send(random), DENIED)
})

test('sessions end with their role, and a role of the same name does not revive them', async () => {
  const role = await newRole('mortal', trusting(dana.arn))
  const session = await assume(own.sts, role.arn)
  await session.sts.send(new GetCallerIdentityCommand({}))
  await iam.send(new DeleteRoleCommand({ RoleName: 'mortal' }))
  const INVALID = refusal('InvalidClientTokenId', 403)
  await assert.rejects(session.sts.send(new GetCallerIdentityCommand({})), INVALID)
  await newRole('mortal', trusting(dana.arn), allow('*'))
  await assert.rejects(session.sts.send(new GetCallerIdentityCommand({})), INVALID)
})

test('a trust policy means the user for whom it was put', async () => {
  const first = await newUser(iam, 'heir')
  const role = await newRole('bound', trusting(first.arn))
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'heir', AccessKeyId: first.accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'heir' }))
  using second = clientsOf(trent, await newUser(iam, 'heir'))
  await assert.rejects(assume(second.sts, role.arn), refusal('AccessDenied', 403))
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'bound' }))
  assert.ok(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '').includes(`"AWS":"${first.userId}"`))
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'bound', PolicyDocument: trusting(first.arn) }))
  await assume(second.sts, role.arn)
})

const MALFORMED = [
  [
    trusting(`arn:aws:iam::${account}:user/nobody`),
    `Invalid principal in policy: "AWS":"arn:aws:iam::${account}:user/nobody"`,
  ],
  [policyText({ ...JSON.parse(trusting(rootArn)).Statement[0], Resource: '*' }), 'Has prohibited field Resource'],
  [
    policyText({ Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*' }),
    'AssumeRole policy may only specify STS AssumeRole actions.',
  ],
  [policyText({ Effect: 'Allow', Action: 'sts:AssumeRole' }), 'Missing required field Principal'],
  ['{}', 'Syntax errors in policy.'],
] as const
for (const [AssumeRolePolicyDocument, message] of MALFORMED)
  test(`a trust policy is refused: ${message.slice(0, 50)}`, () =>
    assert.rejects(
      iam.send(new CreateRoleCommand({ RoleName: 'malformed', AssumeRolePolicyDocument })),
      refusal('MalformedPolicyDocumentException', 400, message),
    ))

test('an external id must be the one that the trust policy asks for', async () => {
  const role = await newRole(
    'external',
    trusting(dana.arn, { Condition: { StringEquals: { 'sts:ExternalId': 'e-1' } } }),
  )
  await assert.rejects(assume(own.sts, role.arn), refusal('AccessDenied', 403))
  await assert.rejects(assume(own.sts, role.arn, { ExternalId: 'e-2' }), refusal('AccessDenied', 403))
  await assume(own.sts, role.arn, { ExternalId: 'e-1' })
})

test('a session policy narrows and never widens', async () => {
  const role = await newRole('narrowed', trusting(dana.arn), allow('kms:*'))
  const narrow = await assume(own.sts, role.arn, { Policy: policyText(allow(['kms:GenerateRandom', 'iam:*'])) })
  assert.ok((narrow.answer.PackedPolicySize ?? 0) > 0)
  await narrow.kms.send(random)
  await assert.rejects(
    narrow.kms.send(new CreateKeyCommand({})),
    refusal('AccessDeniedException', 400, /because no session policy allows the kms:CreateKey action$/),
  )
  await assert.rejects(narrow.iam.send(new ListUsersCommand({})), refusal('AccessDenied', 403))
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'session', PolicyDocument: policyText(allow('kms:CreateKey')) }),
  )
  const managed = await assume(own.sts, role.arn, { PolicyArns: [{ arn: Policy?.Arn }] })
  await managed.kms.send(new CreateKeyCommand({}))
  await assert.rejects(managed.kms.send(random), DENIED)
  await assert.rejects(assume(own.sts, role.arn, { Policy: '{' }), refusal('MalformedPolicyDocumentException', 400))
  const tags = Array.from({ length: 50 }, (_, index) => ({
    Key: `key-${index}`.padEnd(128, 'k'),
    Value: 'v'.repeat(200),
  }))
  await assert.rejects(assume(own.sts, role.arn, { Tags: tags }), refusal('PackedPolicyTooLargeException', 400))
})

test('a boundary limits the sessions of a role, a key policy that names the role included', async () => {
  const role = await newRole('bounded', trusting(dana.arn), allow('kms:*'))
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'bounds', PolicyDocument: policyText(allow('kms:GenerateRandom')) }),
  )
  await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'bounded', PermissionsBoundary: Policy?.Arn }))
  const session = await assume(own.sts, role.arn)
  await session.kms.send(random)
  const owned = { Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' }
  const named = { Effect: 'Allow', Principal: { AWS: role.arn }, Action: 'kms:Encrypt', Resource: '*' }
  const one = { ...named, Principal: { AWS: `arn:aws:sts::${account}:assumed-role/bounded/run7` } }
  const keyWith = async (...statements: readonly object[]) =>
    (await kms.send(new CreateKeyCommand({ Policy: policyText(owned, ...statements) }))).KeyMetadata?.KeyId
  const Plaintext = Buffer.from('x')
  await assert.rejects(session.kms.send(new EncryptCommand({ KeyId: await keyWith(named), Plaintext })), DENIED)
  await session.kms.send(new EncryptCommand({ KeyId: await keyWith(one), Plaintext }))
  const other = await assume(own.sts, role.arn, { RoleSessionName: 'run8' })
  await assert.rejects(other.kms.send(new EncryptCommand({ KeyId: await keyWith(one), Plaintext })), DENIED)
})

test('sessions last as long as the role lets them', async () => {
  const role = await newRole('lasting', trusting(rootArn), allow('sts:*'))
  await assert.rejects(
    assume(own.sts, role.arn, { DurationSeconds: 3601 }),
    refusal('ValidationError', 400, 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'),
  )
  await iam.send(new UpdateRoleCommand({ RoleName: 'lasting', MaxSessionDuration: 7200 }))
  const long = await assume(own.sts, role.arn, { DurationSeconds: 7200 })
  await assert.rejects(
    assume(long.sts, role.arn, { DurationSeconds: 7200 }),
    refusal('ValidationError', 400, /^The requested DurationSeconds exceeds the 1 hour session limit/),
  )
  await assume(long.sts, role.arn, { DurationSeconds: 3600 })
  await assert.rejects(assume(own.sts, role.arn, { DurationSeconds: 899 }), refusal('ValidationError', 400))
})

test('tags of a session override those of its role, and transitive ones go on', async () => {
  const tagged = { ...allow('kms:GenerateRandom'), Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } }
  const role = await newRole('tagged', trusting(rootArn), tagged, allow('sts:*'))
  const plain = await assume(own.sts, role.arn)
  await assert.rejects(plain.kms.send(random), DENIED)
  await iam.send(new TagRoleCommand({ RoleName: 'tagged', Tags: [{ Key: 'team', Value: 'blue' }] }))
  await plain.kms.send(random)
  const red = await assume(own.sts, role.arn, { Tags: [{ Key: 'Team', Value: 'red' }], TransitiveTagKeys: ['Team'] })
  await assert.rejects(red.kms.send(random), DENIED)
  const further = await assume(red.sts, role.arn)
  await assert.rejects(further.kms.send(random), DENIED)
  const overridden = assume(own.sts, role.arn, { Tags: [{ Key: 'team', Value: 'blue' }] })
  await (await overridden).kms.send(random)
})

test('tags and source identities need a trust policy that allows them', async () => {
  const only = policyText({ Effect: 'Allow', Principal: { AWS: dana.arn }, Action: 'sts:AssumeRole' })
  const role = await newRole('untagged', only)
  await assume(own.sts, role.arn)
  await assert.rejects(
    assume(own.sts, role.arn, { Tags: [{ Key: 'a', Value: 'b' }] }),
    refusal('AccessDenied', 403, /sts:TagSession/),
  )
  await assert.rejects(
    assume(own.sts, role.arn, { SourceIdentity: 'dana' }),
    refusal('AccessDenied', 403, /sts:SetSourceIdentity/),
  )
})

test('a token is good with its own key and secret only', async () => {
  const role = await newRole('sealed', trusting(dana.arn), allow('*'))
  const one = signerOf((await assume(own.sts, role.arn)).answer.Credentials)
  const two = signerOf((await assume(own.sts, role.arn)).answer.Credentials)
  const { sessionToken: _, ...bare } = one
  const flipped = Buffer.from(one.sessionToken ?? '', 'base64')
  flipped[40] = (flipped[40] ?? 0) ^ 1
  const INVALID = refusal('InvalidClientTokenId', 403, 'The security token included in the request is invalid.')
  const MISMATCH = refusal('SignatureDoesNotMatch', 403)
  const forgeries = [
    [bare, INVALID],
    [{ ...one, sessionToken: 'made up' }, INVALID],
    [{ ...one, sessionToken: flipped.toString('base64') }, INVALID],
    [{ ...one, sessionToken: two.sessionToken }, INVALID],
    [{ ...one, accessKeyId: two.accessKeyId }, INVALID],
    [{ ...dana, sessionToken: one.sessionToken }, INVALID],
    [{ ...one, secretAccessKey: two.secretAccessKey }, MISMATCH],
  ] as const
  for (const [forged, refused] of forgeries) {
    using clients = clientsOf(trent, { ...forged })
    await assert.rejects(clients.sts.send(new GetCallerIdentityCommand({})), refused)
  }
})

test('GetSessionToken gives the user itself, and no way into IAM without MFA', async () => {
  const eve = await newUser(iam, 'eve', allow('*'))
  using long = clientsOf(trent, eve)
  const { Credentials } = await long.sts.send(new GetSessionTokenCommand({}))
  using session = clientsOf(trent, signerOf(Credentials))
  assert.equal((await session.sts.send(new GetCallerIdentityCommand({}))).Arn, eve.arn)
  await session.kms.send(random)
  await assert.rejects(session.iam.send(new GetUserCommand({})), refusal('InvalidClientTokenId', 403))
  const SESSION = (name: string) => refusal('AccessDenied', 403, `Cannot call ${name} with session credentials`)
  await assert.rejects(session.sts.send(new GetSessionTokenCommand({})), SESSION('GetSessionToken'))
  await assert.rejects(session.sts.send(new GetFederationTokenCommand({ Name: 'x1' })), SESSION('GetFederationToken'))
  await iam.send(new CreateUserCommand({ UserName: 'unrelated' }))
  await session.kms.send(random)
})

test('a federated user has what the session policy passes on of the user, and nothing without one', async () => {
  const fay = await newUser(iam, 'fay', allow(['sts:GetFederationToken', 'kms:GenerateRandom', 'kms:CreateKey']))
  using user = clientsOf(trent, fay)
  const federate = async (Policy?: string) => {
    const answer = await user.sts.send(new GetFederationTokenCommand({ Name: 'kim', Policy }))
    const clients = clientsOf(trent, signerOf(answer.Credentials))
    after(() => clients[Symbol.dispose]())
    return { ...clients, answer }
  }
  const nothing = await federate()
  assert.equal(nothing.answer.FederatedUser?.FederatedUserId, `${account}:kim`)
  const { Arn } = await nothing.sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${account}:federated-user/kim`)
  await assert.rejects(nothing.kms.send(random), DENIED)
  const some = await federate(policyText(allow(['kms:GenerateRandom', 'kms:ListKeys', 'iam:*', 'sts:*'])))
  await some.kms.send(random)
  await assert.rejects(some.kms.send(new CreateKeyCommand({})), DENIED)
  await assert.rejects(some.iam.send(new ListUsersCommand({})), refusal('InvalidClientTokenId', 403))
  const role = await newRole('for-fay', trusting(rootArn))
  await assert.rejects(assume(some.sts, role.arn), refusal('AccessDenied', 403))
  using other = clientsOf(trent, await newUser(iam, 'no-federation'))
  await assert.rejects(
    other.sts.send(new GetFederationTokenCommand({ Name: 'kim' })),
    refusal(
      'AccessDenied',
      403,
      /sts:GetFederationToken on resource: arn:aws:sts::\d{12}:federated-user\/kim because no/,
    ),
  )
})
