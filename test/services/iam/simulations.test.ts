import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  AddUserToGroupCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import { allow, clientsOf, deny, newUser, policyText, refusal } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const KEY = `arn:aws:kms:us-east-1:${trent.account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const dana = await newUser(iam, 'dana', allow('kms:Encrypt', KEY))

const simulated = async (input: object) => {
  const { EvaluationResults = [] } = await iam.send(
    new SimulatePrincipalPolicyCommand({ PolicySourceArn: dana.arn, ActionNames: [], ...input }),
  )
  return EvaluationResults
}
const decisions = async (input: object) =>
  (await simulated(input)).map(({ EvalActionName, EvalDecision }) => `${EvalActionName} ${EvalDecision}`)

test('a principal is simulated with its own policies, those of its groups, and what is added', async () => {
  const asked = { ActionNames: ['kms:Encrypt', 'kms:Decrypt', 'kms:Sign'], ResourceArns: [KEY] }
  const IMPLICIT = ['kms:Encrypt allowed', 'kms:Decrypt implicitDeny', 'kms:Sign implicitDeny']
  assert.deepEqual(await decisions(asked), IMPLICIT)
  await iam.send(new CreateGroupCommand({ GroupName: 'g' }))
  const PolicyDocument = policyText(allow('kms:Decrypt'))
  await iam.send(new PutGroupPolicyCommand({ GroupName: 'g', PolicyName: 'of-group', PolicyDocument }))
  await iam.send(new AddUserToGroupCommand({ GroupName: 'g', UserName: 'dana' }))
  const added = { ...asked, PolicyInputList: [policyText(deny('kms:Encrypt'), allow('kms:Sign'))] }
  assert.deepEqual(await decisions(added), ['kms:Encrypt explicitDeny', 'kms:Decrypt allowed', 'kms:Sign allowed'])
  const [, decrypt] = await simulated(asked)
  assert.deepEqual(
    decrypt?.MatchedStatements?.map(({ SourcePolicyId }) => SourcePolicyId),
    ['of-group'],
  )
})

test('conditions hold for the values that are given, and what is missing is named', async () => {
  const Condition = { StringEquals: { 'kms:EncryptionContext:tenant': 'one' } }
  const PolicyInputList = [policyText({ ...allow('kms:ReEncryptFrom'), Condition })]
  const asked = { ActionNames: ['kms:ReEncryptFrom'], ResourceArns: [KEY], PolicyInputList }
  const [without] = await simulated(asked)
  assert.deepEqual(
    [without?.EvalDecision, without?.MissingContextValues],
    ['implicitDeny', ['kms:encryptioncontext:tenant']],
  )
  const entry = (value: string) => ({
    ContextEntries: [
      { ContextKeyName: 'kms:EncryptionContext:Tenant', ContextKeyValues: [value], ContextKeyType: 'string' },
    ],
  })
  assert.deepEqual(await decisions({ ...asked, ...entry('one') }), ['kms:ReEncryptFrom allowed'])
  assert.deepEqual(await decisions({ ...asked, ...entry('two') }), ['kms:ReEncryptFrom implicitDeny'])
})

test('a boundary limits, and says so', async () => {
  const bounded = await newUser(iam, 'bounded', allow('kms:*'))
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'bounds', PolicyDocument: policyText(allow('kms:Describe*')) }),
  )
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'bounded', PermissionsBoundary: Policy?.Arn }))
  const results = await simulated({ PolicySourceArn: bounded.arn, ActionNames: ['kms:DescribeKey', 'kms:Encrypt'] })
  assert.deepEqual(
    results.map((each) => [each.EvalDecision, each.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary]),
    [
      ['allowed', true],
      ['implicitDeny', false],
    ],
  )
})

test('a resource policy counts when it is given', async () => {
  const ResourcePolicy = policyText({
    Effect: 'Allow',
    Principal: { AWS: dana.arn },
    Action: 'kms:Verify',
    Resource: '*',
  })
  const asked = { ActionNames: ['kms:Verify'], ResourceArns: [KEY] }
  assert.deepEqual(await decisions(asked), ['kms:Verify implicitDeny'])
  assert.deepEqual(await decisions({ ...asked, ResourcePolicy }), ['kms:Verify allowed'])
  const other = { ...asked, ResourcePolicy, ResourceOwner: '444455556666' }
  assert.deepEqual(await decisions(other), ['kms:Verify implicitDeny'])
})

test('policies are simulated without anybody who has them, page by page', async () => {
  const input = {
    PolicyInputList: [policyText(allow('kms:Get*'))],
    ActionNames: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'],
    MaxItems: 1,
  }
  const first = await iam.send(new SimulateCustomPolicyCommand(input))
  const second = await iam.send(new SimulateCustomPolicyCommand({ ...input, Marker: first.Marker }))
  const results = [...(first.EvaluationResults ?? []), ...(second.EvaluationResults ?? [])]
  assert.deepEqual(
    results.map(({ EvalDecision }) => EvalDecision),
    ['allowed', 'implicitDeny'],
  )
  assert.deepEqual([first.IsTruncated, second.IsTruncated], [true, false])
})

test('what cannot be simulated is refused', async () => {
  const nobody = `arn:aws:iam::${trent.account}:user/nobody`
  await assert.rejects(simulated({ PolicySourceArn: nobody }), refusal('NoSuchEntityException', 404))
  await assert.rejects(simulated({ PolicyInputList: ['{'] }), refusal('InvalidInputException', 400))
  await assert.rejects(
    simulated({ ResourcePolicy: policyText(allow('kms:*')), ActionNames: ['kms:Sign'] }),
    refusal('InvalidInputException', 400),
  )
  using own = clientsOf(trent, dana)
  await assert.rejects(
    own.iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: dana.arn, ActionNames: ['kms:Sign'] })),
    refusal('AccessDenied', 403),
  )
})
