import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AddUserToGroupCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountSummaryCommand,
  GetLoginProfileCommand,
  ListServiceSpecificCredentialsCommand,
  ListSigningCertificatesCommand,
  ListSSHPublicKeysCommand,
  PutGroupPolicyCommand,
  PutUserPolicyCommand,
  paginateGetAccountAuthorizationDetails,
} from '@aws-sdk/client-iam'
import { GenerateRandomCommand, KMSClient } from '@aws-sdk/client-kms'
import { allow, clientsOf, newAccessKey, newUser, policyText, refusal } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve', { region: ['us-east-1', 'eu-west-1'] })
const { iam, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const summary = async () => (await iam.send(new GetAccountSummaryCommand({}))).SummaryMap ?? {}

test('the summary counts what there is, and names the quotas that hold', async () => {
  const before = await summary()
  assert.deepEqual([before.Users, before.Groups, before.Roles, before.Policies, before.MFADevices], [0, 0, 0, 0, 0])
  assert.deepEqual([before.UsersQuota, before.AccessKeysPerUserQuota, before.VersionsPerPolicyQuota], [5000, 2, 5])
  assert.deepEqual(
    [before.AccountAccessKeysPresent, before.AccountMFAEnabled, before.AccountPasswordPresent],
    [1, 0, 0],
  )
  const PolicyDocument = policyText(allow('kms:Encrypt'))
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'counted', PolicyDocument }))
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn: Policy?.Arn, PolicyDocument }))
  await iam.send(new CreateUserCommand({ UserName: 'counted' }))
  await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'counted' }))
  const { Users, Policies, PolicyVersionsInUse, MFADevices, MFADevicesInUse } = await summary()
  assert.deepEqual([Users, Policies, PolicyVersionsInUse, MFADevices, MFADevicesInUse], [1, 1, 2, 1, 0])
})

const lastUseOf = (AccessKeyId: string, client = iam) => client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }))

test('the last use of an access key is that of its newest call, in whatever Region and with whatever answer', async () => {
  const user = await newUser(iam, 'used', allow('kms:GenerateRandom'))
  const NEVER = { ServiceName: 'N/A', Region: 'N/A' }
  const fresh = await lastUseOf(user.accessKeyId)
  assert.deepEqual([fresh.UserName, fresh.AccessKeyLastUsed], ['used', NEVER])
  const random = async (region: string) => {
    const kms = new KMSClient({ endpoint: trent.url, region, credentials: user })
    await kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 })).finally(() => kms.destroy())
  }
  const usedIn = async () => {
    const { AccessKeyLastUsed } = await lastUseOf(user.accessKeyId)
    assert.ok(Math.abs((AccessKeyLastUsed?.LastUsedDate?.getTime() ?? 0) - Date.now()) < 60_000)
    return [AccessKeyLastUsed?.ServiceName, AccessKeyLastUsed?.Region]
  }
  await random('eu-west-1')
  assert.deepEqual(await usedIn(), ['kms', 'eu-west-1'])
  await random('us-east-1')
  assert.deepEqual(await usedIn(), ['kms', 'us-east-1'])
  using own = clientsOf(trent, user)
  await assert.rejects(own.iam.send(new GetAccountSummaryCommand({})), refusal('AccessDenied', 403))
  assert.deepEqual(await usedIn(), ['iam', 'us-east-1'])
  const other = await newAccessKey(iam, 'used')
  assert.deepEqual((await lastUseOf(other.accessKeyId)).AccessKeyLastUsed, NEVER, 'each key has uses of its own')
  const { accessKeyId } = trent.credentials
  const ofRoot = await lastUseOf(accessKeyId)
  assert.deepEqual([ofRoot.UserName, ofRoot.AccessKeyLastUsed?.ServiceName], [undefined, 'iam'])
})

test('a forged signature is no use of the key that it names', async () => {
  const user = await newUser(iam, 'forged', allow('kms:GenerateRandom'))
  using forger = clientsOf(trent, { ...user, secretAccessKey: 'something else' })
  await assert.rejects(forger.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 })))
  assert.equal((await lastUseOf(user.accessKeyId)).AccessKeyLastUsed?.ServiceName, 'N/A')
})

test('the last use is told to those who may, and of keys of the account', async () => {
  const asked = await newUser(iam, 'asked')
  const asking = await newUser(iam, 'asking', allow('iam:GetAccessKeyLastUsed', asked.arn))
  using own = clientsOf(trent, asking)
  assert.equal((await lastUseOf(asked.accessKeyId, own.iam)).UserName, 'asked')
  await assert.rejects(lastUseOf(asking.accessKeyId, own.iam), refusal('AccessDenied', 403))
  await assert.rejects(lastUseOf(trent.credentials.accessKeyId, own.iam), refusal('AccessDenied', 403))
  await assert.rejects(
    lastUseOf('AKIAIOSFODNN7EXAMPLE', own.iam),
    refusal(
      'AccessDenied',
      403,
      `User: ${asking.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE`,
    ),
  )
})

test('a user without a password and other keys is told so, and can be deleted after that', async () => {
  const UserName = 'leaving'
  const { accessKeyId: AccessKeyId } = await newUser(iam, UserName)
  const { Certificates, IsTruncated } = await iam.send(new ListSigningCertificatesCommand({ UserName }))
  assert.deepEqual([Certificates, IsTruncated], [[], false])
  const { SSHPublicKeys = [] } = await iam.send(new ListSSHPublicKeysCommand({ UserName }))
  assert.deepEqual(SSHPublicKeys, [])
  const { ServiceSpecificCredentials = [] } = await iam.send(new ListServiceSpecificCredentialsCommand({ UserName }))
  assert.deepEqual(ServiceSpecificCredentials, [])
  const none = refusal('NoSuchEntityException', 404, 'Login Profile for User leaving cannot be found.')
  await assert.rejects(iam.send(new GetLoginProfileCommand({ UserName })), none)
  await assert.rejects(iam.send(new DeleteLoginProfileCommand({ UserName })), none)
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName }))
  const gone = refusal('NoSuchEntityException', 404, 'The user with name leaving cannot be found.')
  await assert.rejects(iam.send(new ListSSHPublicKeysCommand({ UserName })), gone)
  await assert.rejects(iam.send(new GetLoginProfileCommand({ UserName })), gone)
})

const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

test('the details of an account show every policy of everybody, page by page or of one kind', async () => {
  const PolicyDocument = policyText(allow('kms:Decrypt'))
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'detailed', PolicyDocument, Description: 'to be shown' }),
  )
  const PolicyArn = Policy?.Arn
  await iam.send(
    new CreateUserCommand({
      UserName: 'detailed',
      Path: '/a/',
      Tags: [{ Key: 'k', Value: 'v' }],
      PermissionsBoundary: PolicyArn,
    }),
  )
  await iam.send(new CreateGroupCommand({ GroupName: 'detailers' }))
  await iam.send(new PutGroupPolicyCommand({ GroupName: 'detailers', PolicyName: 'g', PolicyDocument }))
  await iam.send(new AddUserToGroupCommand({ GroupName: 'detailers', UserName: 'detailed' }))
  await iam.send(new PutUserPolicyCommand({ UserName: 'detailed', PolicyName: 'own', PolicyDocument }))
  await iam.send(new AttachUserPolicyCommand({ UserName: 'detailed', PolicyArn: READ_ONLY }))
  const AssumeRolePolicyDocument = policyText({ ...allow('sts:AssumeRole'), Principal: '*', Resource: undefined })
  await iam.send(new CreateRoleCommand({ RoleName: 'detailed', AssumeRolePolicyDocument }))
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'detailed', PolicyArn }))

  const all = await iam.send(new GetAccountAuthorizationDetailsCommand({ MaxItems: 1000 }))
  const user = all.UserDetailList?.find(({ UserName }) => UserName === 'detailed')
  assert.deepEqual(
    [user?.Path, user?.GroupList, user?.AttachedManagedPolicies, user?.Tags],
    ['/a/', ['detailers'], [{ PolicyName: 'ReadOnlyAccess', PolicyArn: READ_ONLY }], [{ Key: 'k', Value: 'v' }]],
  )
  assert.equal(user?.PermissionsBoundary?.PermissionsBoundaryArn, PolicyArn)
  const documentIn = (list: readonly { PolicyDocument?: string | undefined }[] | undefined) =>
    decodeURIComponent(list?.[0]?.PolicyDocument ?? '')
  assert.equal(documentIn(user?.UserPolicyList), PolicyDocument)
  assert.equal(documentIn(all.GroupDetailList?.[0]?.GroupPolicyList), PolicyDocument)
  const [role] = all.RoleDetailList ?? []
  assert.equal(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ''), AssumeRolePolicyDocument)
  assert.deepEqual(role?.AttachedManagedPolicies, [{ PolicyName: 'detailed', PolicyArn }])
  const shown = all.Policies?.find(({ Arn }) => Arn === PolicyArn)
  assert.deepEqual(
    [shown?.AttachmentCount, shown?.PermissionsBoundaryUsageCount, shown?.PolicyVersionList?.[0]?.IsDefaultVersion],
    [1, 1, true],
  )
  assert.ok(
    all.Policies?.some(({ Arn }) => Arn === READ_ONLY),
    'a policy of AWS that somebody has is shown',
  )
  assert.ok(!all.Policies?.some(({ PolicyName }) => PolicyName === 'PowerUserAccess'), 'and one that nobody has is not')

  const names: string[] = []
  for await (const page of paginateGetAccountAuthorizationDetails({ client: iam, pageSize: 2 }, {})) {
    const { UserDetailList = [], GroupDetailList = [], RoleDetailList = [], Policies = [] } = page
    const details = [...UserDetailList, ...GroupDetailList, ...RoleDetailList, ...Policies]
    assert.ok(details.length <= 2)
    names.push(...details.map(({ Arn = '' }) => Arn))
  }
  const { UserDetailList = [], GroupDetailList = [], RoleDetailList = [], Policies = [] } = all
  assert.deepEqual(
    names,
    [...UserDetailList, ...GroupDetailList, ...RoleDetailList, ...Policies].map(({ Arn }) => Arn),
  )

  const roles = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }))
  assert.deepEqual([roles.UserDetailList, roles.Policies, roles.RoleDetailList?.length], [[], [], 1])
  const own = await iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['LocalManagedPolicy'] }))
  assert.ok(own.Policies?.length && own.Policies.every(({ Arn }) => !Arn?.startsWith('arn:aws:iam::aws:')))
})
