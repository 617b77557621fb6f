import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetParametersForImportCommand,
  type KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms'
import { LISTED_DEFAULT_ALIASES } from '../../../src/domain/managed-key.ts'
import { clientsOf, refusal } from '../../support/principals.ts'
import { newAccount, REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const clients: Disposable[] = []
after(async () => {
  for (const each of clients) each[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

function rootOf(account: string): KMSClient {
  const made = clientsOf(trent, { accessKeyId: account, secretAccessKey: 'x' })
  clients.push(made)
  return made.kms
}

const account = newAccount()
const root = rootOf(account)
const described = async (kms: KMSClient, KeyId: string) =>
  (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata ?? assert.fail('no metadata')
const noPolicyAllows = (action: string, arn: string, by = account) =>
  `User: arn:aws:iam::${by}:root is not authorized to perform: kms:${action} on resource: ${arn} because no resource-based policy allows the kms:${action} action`

test('an account lists the aliases of services before there are keys behind them, without targets and dates', async () => {
  const { Aliases } = await rootOf(newAccount()).send(new ListAliasesCommand({}))
  assert.deepEqual(
    Aliases,
    LISTED_DEFAULT_ALIASES.map((AliasName) => ({
      AliasName,
      AliasArn: Aliases?.find((each) => each.AliasName === AliasName)?.AliasArn,
    })),
  )
  assert.ok(Aliases.every(({ AliasArn }) => AliasArn?.startsWith(`arn:aws:kms:${REGION}:`)))
})

test('whoever of the account names the alias first makes the key, once', async () => {
  const own = newAccount()
  const kms = rootOf(own)
  const found = await Promise.all(Array.from({ length: 5 }, () => described(kms, 'alias/aws/s3')))
  assert.equal(new Set(found.map(({ KeyId }) => KeyId)).size, 1)
  const [key] = found
  assert.deepEqual(
    [key?.KeyManager, key?.AWSAccountId, key?.Description, key?.KeySpec, key?.Origin, key?.MultiRegion, key?.KeyState],
    [
      'AWS',
      own,
      'Default key that protects my S3 objects when no other key is defined',
      'SYMMETRIC_DEFAULT',
      'AWS_KMS',
      false,
      'Enabled',
    ],
  )
  const { Aliases } = await kms.send(new ListAliasesCommand({}))
  assert.equal(Aliases?.find(({ AliasName }) => AliasName === 'alias/aws/s3')?.TargetKeyId, key?.KeyId)
  assert.equal(Aliases?.length, LISTED_DEFAULT_ALIASES.length)
  const { Keys } = await kms.send(new ListKeysCommand({}))
  assert.deepEqual(Keys, [{ KeyId: key?.KeyId, KeyArn: key?.Arn }])
  assert.deepEqual(
    (await kms.send(new ListAliasesCommand({ KeyId: key?.KeyId }))).Aliases?.map(({ AliasName }) => AliasName),
    ['alias/aws/s3'],
  )
})

test('pages of aliases hold each of them once, whether there is a key behind it or not', async () => {
  const kms = rootOf(newAccount())
  await described(kms, 'alias/aws/glue')
  await described(kms, 'alias/aws/sns')
  const names: (string | undefined)[] = []
  let Marker: string | undefined
  do {
    const page = await kms.send(new ListAliasesCommand({ Limit: 2, Marker }))
    names.push(...(page.Aliases ?? []).map(({ AliasName }) => AliasName))
    Marker = page.NextMarker
  } while (Marker !== undefined)
  assert.deepEqual(names, [...LISTED_DEFAULT_ALIASES, 'alias/aws/sns'].toSorted())
})

test('a service that makes no keys has none, and another account makes none either', async () => {
  await assert.rejects(
    root.send(new DescribeKeyCommand({ KeyId: 'alias/aws/bedrock' })),
    refusal('NotFoundException', 400),
  )
  const stranger = rootOf(newAccount())
  const own = newAccount()
  await assert.rejects(
    stranger.send(new DescribeKeyCommand({ KeyId: `arn:aws:kms:${REGION}:${own}:alias/aws/s3` })),
    refusal('AccessDeniedException', 400, /on this resource because the resource does not exist/),
  )
  assert.deepEqual((await rootOf(own).send(new ListKeysCommand({}))).Keys, [])
})

type Statement = {
  readonly Principal: { readonly AWS?: string; readonly Service?: string }
  readonly Action: readonly string[]
  readonly Condition?: object
}
const statementsOf = async (
  name: string,
): Promise<{ readonly Id: string; readonly Statement: readonly Statement[] }> => {
  const { KeyId } = await described(root, `alias/aws/${name}`)
  const { Policy } = await root.send(new GetKeyPolicyCommand({ KeyId }))
  return JSON.parse(Policy ?? '')
}
const through = (via: string) => ({
  StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `${via}.${REGION}.amazonaws.com` },
})
const READ = ['kms:Describe*', 'kms:Get*', 'kms:List*']
const ALL = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*']
const POLICIES = [
  ['s3', 'auto-s3-2', 's3', [...ALL, 'kms:DescribeKey'], READ],
  ['ssm', 'auto-ssm-1', 'ssm', [...ALL, 'kms:DescribeKey'], READ],
  ['ebs', 'auto-ebs-2', 'ec2', [...ALL, 'kms:CreateGrant', 'kms:DescribeKey'], [...READ, 'kms:RevokeGrant']],
  ['lambda', 'auto-awslambda', 'lambda', [...ALL, 'kms:CreateGrant', 'kms:DescribeKey'], [...READ, 'kms:RevokeGrant']],
  [
    'rds',
    'auto-rds-2',
    'rds',
    [...ALL, 'kms:CreateGrant', 'kms:ListGrants', 'kms:DescribeKey'],
    [...READ, 'kms:RevokeGrant'],
  ],
  [
    'kafka',
    'auto-kafka-1',
    'kafka',
    [...ALL, 'kms:CreateGrant', 'kms:ListGrants', 'kms:DescribeKey'],
    [...READ, 'kms:RevokeGrant'],
  ],
  [
    'sns',
    'auto-sns-1',
    'sns',
    ['kms:GenerateDataKey*', 'kms:Decrypt', 'kms:CreateGrant', 'kms:ListGrants', 'kms:DescribeKey'],
    [...READ, 'kms:RevokeGrant'],
  ],
] as const
for (const [name, id, via, uses, direct] of POLICIES)
  test(`the policy of alias/aws/${name} lets its account use it through ${via} and see what it is`, async () => {
    const { Id, Statement } = await statementsOf(name)
    assert.equal(Id, id)
    assert.deepEqual(
      Statement.map(({ Principal, Action, Condition }) => ({ Principal, Action, Condition })),
      [
        { Principal: { AWS: '*' }, Action: uses, Condition: through(via) },
        { Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: direct, Condition: undefined },
      ],
    )
  })

test('secretsmanager may make data keys in every Region, es and dynamodb look at their keys themselves', async () => {
  const [, dataKeys] = (await statementsOf('secretsmanager')).Statement
  assert.deepEqual(dataKeys?.Action, ['kms:GenerateDataKey*'])
  assert.deepEqual(dataKeys?.Condition, {
    StringEquals: { 'kms:CallerAccount': account },
    StringLike: { 'kms:ViaService': 'secretsmanager.*.amazonaws.com' },
  })
  assert.deepEqual((await statementsOf('es')).Statement.at(-1)?.Principal, { Service: 'es.amazonaws.com' })
  assert.deepEqual((await statementsOf('dynamodb')).Statement[0]?.Condition, {
    StringEquals: { 'kms:CallerAccount': account },
    StringLike: { 'kms:ViaService': 'dynamodb.*.amazonaws.com' },
  })
})

const key = await described(root, 'alias/aws/s3')
const { KeyId = '', Arn = '' } = key

test('the account sees what there is to see of the key', async () => {
  const status = await root.send(new GetKeyRotationStatusCommand({ KeyId }))
  assert.equal(status.KeyRotationEnabled, true)
  assert.equal(status.NextRotationDate?.getTime(), (key.CreationDate?.getTime() ?? 0) + 365 * 86_400_000)
  assert.deepEqual((await root.send(new ListGrantsCommand({ KeyId }))).Grants, [])
  assert.deepEqual((await root.send(new ListResourceTagsCommand({ KeyId }))).Tags, [])
  assert.deepEqual((await root.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames, ['default'])
})

test('the root user itself neither uses nor names the key', async () => {
  for (const named of [KeyId, 'alias/aws/s3'])
    await assert.rejects(
      root.send(new EncryptCommand({ KeyId: named, Plaintext: Buffer.from('x') })),
      refusal('AccessDeniedException', 400, noPolicyAllows('Encrypt', Arn)),
    )
  await assert.rejects(
    root.send(new CreateAliasCommand({ AliasName: 'alias/second', TargetKeyId: KeyId })),
    refusal('AccessDeniedException', 400, noPolicyAllows('CreateAlias', Arn)),
  )
})

const MANAGING = {
  CancelKeyDeletion: {},
  DeleteImportedKeyMaterial: {},
  DisableKey: {},
  DisableKeyRotation: {},
  EnableKey: {},
  EnableKeyRotation: { RotationPeriodInDays: 90 },
  ImportKeyMaterial: {
    ImportToken: 'AAAA',
    EncryptedKeyMaterial: 'AAAA',
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  },
  PutKeyPolicy: { Policy: '{}' },
  ReplicateKey: { ReplicaRegion: 'eu-central-1' },
  RotateKeyOnDemand: {},
  ScheduleKeyDeletion: {},
  TagResource: { Tags: [{ TagKey: 'a', TagValue: 'b' }] },
  UntagResource: { TagKeys: ['a'] },
  UpdateKeyDescription: { Description: 'mine' },
} as const
for (const [operation, input] of Object.entries(MANAGING))
  test(`${operation} is refused to the account's root user`, async () => {
    const answer = await trent.kms(operation, { KeyId, ...input }, { account })
    assert.equal(answer.code, 'AccessDeniedException', answer.text)
    assert.equal(answer.message, noPolicyAllows(operation, Arn))
  })

test('nothing can be imported into the key', async () => {
  const wanted = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
  await assert.rejects(
    root.send(new GetParametersForImportCommand(wanted)),
    refusal('UnsupportedOperationException', 400),
  )
})

test('the key rotates every year by itself, and shows when', async () => {
  await trent.control('POST', '/_trent/clock', { advance: 'P366D' })
  const after = await described(root, KeyId)
  assert.notEqual(after.CurrentKeyMaterialId, key.CurrentKeyMaterialId)
  const { NextRotationDate } = await root.send(new GetKeyRotationStatusCommand({ KeyId }))
  assert.equal(NextRotationDate?.getTime(), (key.CreationDate?.getTime() ?? 0) + 2 * 365 * 86_400_000)
  await trent.control('POST', '/_trent/clock', { reset: true })
})

test('callers who may do anything in their account use the key, and still do not manage it', async () => {
  await using lenient = await startTrent('dev', { auth: 'issued' })
  const caller = { account: newAccount() }
  const { KeyMetadata } = await lenient.ok('DescribeKey', { KeyId: 'alias/aws/ebs' }, caller)
  const { CiphertextBlob } = await lenient.ok('Encrypt', { KeyId: 'alias/aws/ebs', Plaintext: 'eA==' }, caller)
  assert.equal((await lenient.ok('Decrypt', { CiphertextBlob }, caller)).Plaintext, 'eA==')
  for (const [operation, input] of [...Object.entries(MANAGING), ['CreateAlias', {}] as const]) {
    const target =
      operation === 'CreateAlias'
        ? { AliasName: 'alias/x', TargetKeyId: KeyMetadata.KeyId }
        : { KeyId: KeyMetadata.KeyId }
    const answer = await lenient.kms(operation, { ...target, ...input }, caller)
    assert.equal(answer.code, 'AccessDeniedException', `${operation}: ${answer.text}`)
  }
  assert.equal((await lenient.ok('DescribeKey', { KeyId: 'alias/aws/ebs' }, caller)).KeyMetadata.KeyState, 'Enabled')
})

test('the service has no such keys while no service is integrated', async () => {
  await using service = await startTrent('serve')
  assert.deepEqual((await service.ok('ListAliases')).Aliases, [])
  assert.equal((await service.kms('DescribeKey', { KeyId: 'alias/aws/s3' })).code, 'NotFoundException')
})
