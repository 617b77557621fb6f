import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetUserPolicyCommand,
  ListAttachedUserPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  ListUserPoliciesCommand,
  PutUserPolicyCommand,
  TagPolicyCommand,
} from '@aws-sdk/client-iam'
import { allow, clientsOf, newUser, policyText, refusal } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const PolicyDocument = policyText(allow('kms:Encrypt'))
const newPolicy = async (PolicyName: string, Path?: string) =>
  (await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument, Path, Description: 'd' }))).Policy?.Arn ?? ''

test('a managed policy is shown with its use and its document', async () => {
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'shown', PolicyDocument, Path: '/a/', Tags: [{ Key: 'k', Value: 'v' }] }),
  )
  assert.equal(Policy?.Arn, `arn:aws:iam::${trent.account}:policy/a/shown`)
  assert.match(Policy?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/)
  await newUser(iam, 'holder')
  await iam.send(new AttachUserPolicyCommand({ UserName: 'holder', PolicyArn: Policy?.Arn }))
  await iam.send(new AttachUserPolicyCommand({ UserName: 'holder', PolicyArn: Policy?.Arn }))
  const shown = await iam.send(new GetPolicyCommand({ PolicyArn: Policy?.Arn }))
  assert.deepEqual(
    [shown.Policy?.AttachmentCount, shown.Policy?.DefaultVersionId, shown.Policy?.Tags],
    [1, 'v1', [{ Key: 'k', Value: 'v' }]],
  )
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: Policy?.Arn, VersionId: 'v1' }))
  assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ''), PolicyDocument)
  const { PolicyUsers, PolicyRoles } = await iam.send(new ListEntitiesForPolicyCommand({ PolicyArn: Policy?.Arn }))
  assert.deepEqual([PolicyUsers?.map(({ UserName }) => UserName), PolicyRoles], [['holder'], []])
  const { AttachedPolicies } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName: 'holder' }))
  assert.deepEqual(AttachedPolicies, [{ PolicyName: 'shown', PolicyArn: Policy?.Arn }])
})

test('an inline policy keeps its text to the letter', async () => {
  await newUser(iam, 'inline')
  const text = `{ "Version":"2012-10-17",\n\t"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/a":"<é> & '%20+\\"}"}}} }`
  await iam.send(new PutUserPolicyCommand({ UserName: 'inline', PolicyName: 'b', PolicyDocument: text }))
  await iam.send(new PutUserPolicyCommand({ UserName: 'inline', PolicyName: 'a', PolicyDocument }))
  const shown = await iam.send(new GetUserPolicyCommand({ UserName: 'inline', PolicyName: 'b' }))
  assert.equal(decodeURIComponent(shown.PolicyDocument ?? ''), text)
  assert.equal(shown.UserName, 'inline')
  assert.deepEqual((await iam.send(new ListUserPoliciesCommand({ UserName: 'inline' }))).PolicyNames, ['a', 'b'])
  await assert.rejects(
    iam.send(new GetUserPolicyCommand({ UserName: 'inline', PolicyName: 'c' })),
    refusal('NoSuchEntityException', 404, 'The user policy with name c cannot be found.'),
  )
})

test('five versions at the most, whose numbers never repeat', async () => {
  const PolicyArn = await newPolicy('versions')
  const create = () => iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument }))
  for (let round = 0; round < 4; round++) await create()
  await assert.rejects(
    create(),
    refusal('LimitExceededException', 409, /^A managed policy can have up to 5 versions\./),
  )
  await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v5' }))
  assert.equal((await create()).PolicyVersion?.VersionId, 'v6')
  const { Versions } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }))
  assert.deepEqual(
    Versions?.map(({ VersionId, IsDefaultVersion }) => `${VersionId} ${IsDefaultVersion}`),
    ['v6 false', 'v4 false', 'v3 false', 'v2 false', 'v1 true'],
  )
  await assert.rejects(
    iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' })),
    refusal('DeleteConflictException', 409, 'Cannot delete the default version of a policy.'),
  )
  await assert.rejects(
    iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v5' })),
    refusal('NoSuchEntityException', 404),
  )
  await assert.rejects(
    iam.send(new DeletePolicyCommand({ PolicyArn })),
    refusal('DeleteConflictException', 409, /^This policy has more than one version\./),
  )
})

test('an attached policy cannot be deleted, and what is not attached cannot be detached', async () => {
  const PolicyArn = await newPolicy('attached')
  await newUser(iam, 'attacher')
  await iam.send(new AttachUserPolicyCommand({ UserName: 'attacher', PolicyArn }))
  await assert.rejects(
    iam.send(new DeletePolicyCommand({ PolicyArn })),
    refusal('DeleteConflictException', 409, 'Cannot delete a policy attached to entities.'),
  )
  await iam.send(new DetachUserPolicyCommand({ UserName: 'attacher', PolicyArn }))
  await assert.rejects(
    iam.send(new DetachUserPolicyCommand({ UserName: 'attacher', PolicyArn })),
    refusal('NoSuchEntityException', 404),
  )
  await iam.send(new DeletePolicyCommand({ PolicyArn }))
  await assert.rejects(
    iam.send(new AttachUserPolicyCommand({ UserName: 'attacher', PolicyArn })),
    refusal('NoSuchEntityException', 404, `Policy ${PolicyArn} does not exist or is not attachable.`),
  )
})

test('a policy that is being deleted is never left attached', async () => {
  for (let round = 0; round < 5; round++) {
    const UserName = `race-${round}`
    await newUser(iam, UserName)
    const PolicyArn = await newPolicy(UserName)
    await Promise.allSettled([
      iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn })),
      iam.send(new DeletePolicyCommand({ PolicyArn })),
    ])
    const { AttachedPolicies = [] } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName }))
    const exists = await iam.send(new GetPolicyCommand({ PolicyArn })).then(
      () => true,
      () => false,
    )
    assert.equal(AttachedPolicies.length === 1, exists)
  }
})

test("AWS's own policies are there for everybody and for nobody to change", async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser'
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
  assert.equal(Policy?.PolicyName, 'AWSKeyManagementServicePowerUser')
  const change = new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument })
  await assert.rejects(iam.send(change), refusal('AccessDenied', 403, 'Policy is outside your own account.'))
  await assert.rejects(
    iam.send(new TagPolicyCommand({ PolicyArn, Tags: [{ Key: 'a', Value: 'b' }] })),
    refusal('AccessDenied', 403),
  )
  const names = async (Scope: 'All' | 'AWS' | 'Local') =>
    (await iam.send(new ListPoliciesCommand({ Scope }))).Policies?.map(({ PolicyName }) => PolicyName) ?? []
  assert.ok((await names('AWS')).includes('AdministratorAccess'))
  assert.ok(!(await names('Local')).includes('AdministratorAccess'))
  assert.ok((await names('All')).includes('AdministratorAccess'))
})

const REFUSED = [
  ['arn:aws:iam::aws:policy/NoSuchPolicy', 'NoSuchEntityException', 404],
  ['arn:aws:iam::111122223333:policy/shown', 'NoSuchEntityException', 404],
  ['arn:aws:iam::aws:user/x-and-more', 'InvalidInputException', 400],
] as const
for (const [PolicyArn, code, status] of REFUSED)
  test(`${PolicyArn} is refused with ${code}`, async () => {
    await assert.rejects(iam.send(new GetPolicyCommand({ PolicyArn })), refusal(code, status))
    await newUser(iam, `refused-${code}-${PolicyArn.length}`)
    await assert.rejects(
      iam.send(new AttachUserPolicyCommand({ UserName: `refused-${code}-${PolicyArn.length}`, PolicyArn })),
      refusal(code, status),
    )
  })

test('a policy name is taken whatever its case and path', async () => {
  await newPolicy('Taken', '/x/')
  await assert.rejects(
    newPolicy('taken'),
    refusal(
      'EntityAlreadyExistsException',
      409,
      'A policy called taken already exists. Duplicate names are not allowed.',
    ),
  )
})

test('a managed policy of more than 6144 characters is refused', async () => {
  const long = policyText(allow(Array.from({ length: 700 }, (_, index) => `kms:Action${index}`)))
  await assert.rejects(
    iam.send(new CreatePolicyCommand({ PolicyName: 'long', PolicyDocument: long })),
    refusal('LimitExceededException', 409, 'Cannot exceed quota for PolicySize: 6144'),
  )
  const spaced = PolicyDocument.replace('{', `{${' '.repeat(10_000)}`)
  await iam.send(new CreatePolicyCommand({ PolicyName: 'spaced', PolicyDocument: spaced }))
})
