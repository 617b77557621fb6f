import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  ConfigServiceClient,
  DeleteConfigRuleCommand,
  DescribeComplianceByConfigRuleCommand,
  DescribeComplianceByResourceCommand,
  DescribeConfigRulesCommand,
  type EvaluationResult,
  GetComplianceDetailsByConfigRuleCommand,
  GetComplianceDetailsByResourceCommand,
  GetComplianceSummaryByConfigRuleCommand,
  PutConfigRuleCommand,
  StartConfigRulesEvaluationCommand,
} from '@aws-sdk/client-config-service'
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { temporaryDirectory } from '../../cli/trent.ts'
import { missing } from '../../support/command.ts'
import { createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { auth: 'issued' })
const home = temporaryDirectory()
after(async () => {
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const settings = (accessKeyId: string) => ({
  endpoint: trent.url,
  region: 'us-east-1',
  credentials: { accessKeyId, secretAccessKey: 'x' },
  maxAttempts: 1,
})

/** An account of its own, and what its rules are asked through. */
function newScope() {
  const account = newAccount()
  const config = new ConfigServiceClient(settings(account))
  const put = (SourceIdentifier: string, more: object = {}) =>
    config.send(
      new PutConfigRuleCommand({
        ConfigRule: { ConfigRuleName: SourceIdentifier, Source: { Owner: 'AWS', SourceIdentifier }, ...more },
      }),
    )
  async function details(ConfigRuleName: string, more: object = {}): Promise<readonly EvaluationResult[]> {
    const all: EvaluationResult[] = []
    for (let NextToken: string | undefined; ; ) {
      const page = await config.send(
        new GetComplianceDetailsByConfigRuleCommand({
          ConfigRuleName,
          ...more,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      )
      all.push(...(page.EvaluationResults ?? []))
      NextToken = page.NextToken
      if (NextToken === undefined) return all
    }
  }
  const verdicts = async (name: string, more?: object) =>
    new Map(
      (await details(name, more)).map((each) => [
        each.EvaluationResultIdentifier?.EvaluationResultQualifier?.ResourceId,
        each,
      ]),
    )
  return { caller: { account }, account, config, iam: new IAMClient(settings(account)), put, details, verdicts }
}

type Scope = ReturnType<typeof newScope>

/** The verdict of a rule on a resource, and what it says of it. */
async function verdictOn({ verdicts }: Scope, rule: string, id: string) {
  const found = (await verdicts(rule)).get(id)
  return [found?.ComplianceType, found?.Annotation] as const
}

test('a symmetric key complies once it rotates, and other keys are not asked', async () => {
  const scope = newScope()
  const rule = 'CMK_BACKING_KEY_ROTATION_ENABLED'
  await scope.put(rule)
  const { KeyId } = await createKey(trent, scope.caller)
  const rsa = await createKey(trent, scope.caller, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
  assert.deepEqual(await verdictOn(scope, rule, KeyId), [
    'NON_COMPLIANT',
    'Automatic rotation of the key is off. Turn it on with EnableKeyRotation (of a replica: at its primary).',
  ])
  await trent.ok('EnableKeyRotation', { KeyId }, scope.caller)
  assert.deepEqual(await verdictOn(scope, rule, KeyId), ['COMPLIANT', undefined])
  assert.deepEqual(await verdictOn(scope, rule, rsa.KeyId), [undefined, undefined])
  const asked = await scope.verdicts(rule, { ComplianceTypes: ['NOT_APPLICABLE'] })
  assert.deepEqual([...asked.keys()], [rsa.KeyId])
})

test('a key that waits for its deletion is found, and one of those asked for only', async () => {
  const scope = newScope()
  const rule = 'KMS_CMK_NOT_SCHEDULED_FOR_DELETION'
  const [one, other] = [await createKey(trent, scope.caller), await createKey(trent, scope.caller)]
  await scope.put(rule, { InputParameters: JSON.stringify({ kmsKeyIds: one.KeyId }) })
  for (const { KeyId } of [one, other]) await trent.ok('ScheduleKeyDeletion', { KeyId }, scope.caller)
  assert.deepEqual([...(await scope.verdicts(rule)).keys()], [one.KeyId])
  assert.equal((await verdictOn(scope, rule, one.KeyId))[0], 'NON_COMPLIANT')
})

test('a public key policy, an over-broad one, a missing tag and an unused key are found', async () => {
  const scope = newScope()
  const { KeyId } = await createKey(trent, scope.caller, {
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Sid: 'Own', Effect: 'Allow', Principal: { AWS: scope.account }, Action: 'kms:*', Resource: '*' },
        { Sid: 'All', Effect: 'Allow', Principal: '*', Action: 'kms:Encrypt', Resource: '*' },
        { Sid: 'Them', Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 'kms:Decrypt', Resource: '*' },
      ],
    }),
  })
  await scope.put('KMS_KEY_POLICY_NO_PUBLIC_ACCESS')
  await scope.put('TRENT_KMS_KEY_POLICY_OVER_BROAD')
  await scope.put('KMS_KEY_TAGGED', { InputParameters: '{"requiredKeyTags":"team,owner"}' })
  await scope.put('TRENT_KMS_KEY_UNUSED', { InputParameters: '{"unusedDays":"0"}' })
  await scope.put('TRENT_KMS_KEY_AGE', { InputParameters: '{"maxAgeDays":0}' })
  const told = async (rule: string) => (await verdictOn(scope, rule, KeyId))[1] ?? ''
  assert.match(await told('KMS_KEY_POLICY_NO_PUBLIC_ACCESS'), /^Statement 'All' of the key policy allows everybody\./)
  assert.match(
    await told('TRENT_KMS_KEY_POLICY_OVER_BROAD'),
    /^Statement 'Them' of the key policy trusts the whole of account 444455556666\./,
  )
  assert.match(await told('KMS_KEY_TAGGED'), /^The key lacks the tags team, owner\. Add them with TagResource\.$/)
  assert.match(await told('TRENT_KMS_KEY_UNUSED'), /^The key was never used since \d{4}-\d\d-\d\d/)
  assert.match(await told('TRENT_KMS_KEY_AGE'), /RotateKeyOnDemand/)
  await trent.ok(
    'TagResource',
    { KeyId, Tags: ['team', 'owner'].map((TagKey) => ({ TagKey, TagValue: 'x' })) },
    scope.caller,
  )
  assert.equal((await verdictOn(scope, 'KMS_KEY_TAGGED', KeyId))[0], 'COMPLIANT')
})

const DECRYPT_ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }],
})

test('policies and users of IAM are judged by what they allow, and users by their keys and devices', async () => {
  const scope = newScope()
  const { iam } = scope
  const { User } = await iam.send(new CreateUserCommand({ UserName: 'alice' }))
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'wide', PolicyDocument: DECRYPT_ALL }))
  await iam.send(new PutUserPolicyCommand({ UserName: 'alice', PolicyName: 'inline', PolicyDocument: DECRYPT_ALL }))
  await iam.send(new AttachUserPolicyCommand({ UserName: 'alice', PolicyArn: Policy?.Arn ?? '' }))
  await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }))
  const onUser = async (rule: string, more?: object) => {
    await scope.put(rule, more)
    return verdictOn(scope, rule, User?.UserId ?? '')
  }
  assert.match(
    (await onUser('IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS'))[1] ?? '',
    /inline policy inline allows kms:Decrypt on all keys/,
  )
  assert.match(
    (await onUser('TRENT_IAM_WILDCARD_DECRYPT'))[1] ?? '',
    /allows kms:Decrypt on all keys, without a condition/,
  )
  assert.match(
    (await onUser('TRENT_IAM_KEY_ADMINISTRATORS_MFA'))[1] ?? '',
    /may administer keys, and it has no MFA device/,
  )
  assert.equal((await onUser('IAM_USER_MFA_ENABLED'))[0], 'NON_COMPLIANT')
  assert.equal((await onUser('IAM_USER_NO_POLICIES_CHECK'))[0], 'NON_COMPLIANT')
  assert.equal((await onUser('ACCESS_KEYS_ROTATED'))[0], 'COMPLIANT')
  assert.equal((await onUser('IAM_USER_UNUSED_CREDENTIALS_CHECK'))[0], 'COMPLIANT')
  assert.match(
    (await onUser('IAM_USER_UNUSED_CREDENTIALS_CHECK', { InputParameters: '{"maxCredentialUsageAge":"0"}' }))[1] ?? '',
    /was not used in the last 0 days/,
  )
  await scope.put('IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS')
  assert.equal(
    (await verdictOn(scope, 'IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS', Policy?.PolicyId ?? ''))[0],
    'NON_COMPLIANT',
  )
  await scope.put('IAM_ROOT_ACCESS_KEY_CHECK')
  assert.equal((await verdictOn(scope, 'IAM_ROOT_ACCESS_KEY_CHECK', scope.account))[0], 'COMPLIANT')
})

test('a user whom a key policy lets administer the key needs an MFA device', async () => {
  const scope = newScope()
  const { User } = await scope.iam.send(new CreateUserCommand({ UserName: 'bob' }))
  const { KeyId } = await createKey(trent, scope.caller, {
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: scope.account }, Action: 'kms:*', Resource: '*' },
        { Effect: 'Allow', Principal: { AWS: User?.Arn }, Action: 'kms:ScheduleKeyDeletion', Resource: '*' },
      ],
    }),
  })
  await scope.put('TRENT_KMS_KEY_ADMINISTRATORS_MFA')
  assert.match(
    (await verdictOn(scope, 'TRENT_KMS_KEY_ADMINISTRATORS_MFA', KeyId))[1] ?? '',
    /user\/bob may administer the key and has no MFA device/,
  )
})

/** What is evaluated behind the calls comes a moment later. */
async function eventually<T>(ask: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const value = await ask()
    if (isThere(value)) return value
    await delay(50)
  }
  return assert.fail('it did not come')
}

test('rules are evaluated behind the calls: when they are put, when something changed, and on demand', async () => {
  const scope = newScope()
  const rule = 'CMK_BACKING_KEY_ROTATION_ENABLED'
  const keys = await Promise.all(Array.from({ length: 26 }, () => createKey(trent, scope.caller)))
  await scope.put(rule)
  const standing = async () =>
    (await scope.config.send(new DescribeComplianceByConfigRuleCommand({}))).ComplianceByConfigRules?.[0]?.Compliance
  const violated = await eventually(standing, (value) => value?.ComplianceType === 'NON_COMPLIANT')
  assert.deepEqual(violated?.ComplianceContributorCount, { CappedCount: 25, CapExceeded: true })
  for (const { KeyId } of keys) await trent.ok('EnableKeyRotation', { KeyId }, scope.caller)
  await eventually(standing, (value) => value?.ComplianceType === 'COMPLIANT')
  await trent.ok('DisableKeyRotation', { KeyId: keys[0]?.KeyId }, scope.caller)
  await scope.config.send(new StartConfigRulesEvaluationCommand({ ConfigRuleNames: [rule] }))
  await eventually(standing, (value) => value?.ComplianceContributorCount?.CappedCount === 1)
  await trent.ok('EnableKeyRotation', { KeyId: keys[0]?.KeyId }, scope.caller)
  await eventually(standing, (value) => value?.ComplianceType === 'COMPLIANT')
  const { ComplianceSummary } = await scope.config.send(new GetComplianceSummaryByConfigRuleCommand({}))
  assert.deepEqual(
    [ComplianceSummary?.CompliantResourceCount?.CappedCount, ComplianceSummary?.NonCompliantResourceCount?.CappedCount],
    [1, 0],
  )
  // Another rule under the same name was not evaluated yet, whatever the one before it said.
  await scope.put('IAM_ROOT_ACCESS_KEY_CHECK', { ConfigRuleName: rule })
  await eventually(standing, (value) => value?.ComplianceType === 'COMPLIANT')
})

test('pages of details have all resources once, and resources are told one by one', async () => {
  const scope = newScope()
  const keys = await Promise.all(Array.from({ length: 7 }, () => createKey(trent, scope.caller)))
  await scope.put('CMK_BACKING_KEY_ROTATION_ENABLED')
  await scope.put('KMS_CMK_NOT_SCHEDULED_FOR_DELETION')
  const ids = (await scope.details('CMK_BACKING_KEY_ROTATION_ENABLED', { Limit: 2 })).map(
    (each) => each.EvaluationResultIdentifier?.EvaluationResultQualifier?.ResourceId,
  )
  assert.deepEqual(ids, keys.map(({ KeyId }) => KeyId).sort())
  const [first] = keys
  const { EvaluationResults } = await scope.config.send(
    new GetComplianceDetailsByResourceCommand({ ResourceType: 'AWS::KMS::Key', ResourceId: first?.KeyId }),
  )
  assert.deepEqual(
    EvaluationResults?.map((each) => [
      each.EvaluationResultIdentifier?.EvaluationResultQualifier?.ConfigRuleName,
      each.ComplianceType,
    ]),
    [
      ['CMK_BACKING_KEY_ROTATION_ENABLED', 'NON_COMPLIANT'],
      ['KMS_CMK_NOT_SCHEDULED_FOR_DELETION', 'COMPLIANT'],
    ],
  )
  const { ComplianceByResources } = await scope.config.send(
    new DescribeComplianceByResourceCommand({ ResourceType: 'AWS::KMS::Key', ComplianceTypes: ['NON_COMPLIANT'] }),
  )
  assert.equal(ComplianceByResources?.length, 7)
})

test('a rule is described as it was put, changed under its name, and gone when it is deleted', async () => {
  const scope = newScope()
  const rule = 'ACCESS_KEYS_ROTATED'
  await scope.put(rule, {
    Description: 'keys',
    InputParameters: '{"maxAccessKeyAge":"30"}',
    MaximumExecutionFrequency: 'One_Hour',
  })
  const described = async () => (await scope.config.send(new DescribeConfigRulesCommand({}))).ConfigRules ?? []
  const [first] = await described()
  assert.match(
    first?.ConfigRuleArn ?? '',
    new RegExp(`^arn:aws:config:us-east-1:${scope.account}:config-rule/config-rule-[0-9a-f]{6}$`),
  )
  assert.deepEqual(
    [first?.Description, first?.InputParameters, first?.MaximumExecutionFrequency],
    ['keys', '{"maxAccessKeyAge":"30"}', 'One_Hour'],
  )
  await scope.put(rule, { InputParameters: '{"maxAccessKeyAge":"60"}' })
  const [second, ...others] = await described()
  assert.deepEqual(
    [second?.ConfigRuleId, second?.InputParameters, others],
    [first?.ConfigRuleId, '{"maxAccessKeyAge":"60"}', []],
  )
  await scope.config.send(new DeleteConfigRuleCommand({ ConfigRuleName: rule }))
  assert.deepEqual(await described(), [])
  await assert.rejects(scope.details(rule), { name: 'NoSuchConfigRuleException' })
})

test('a rule of one resource or tag is about no other', async () => {
  const scope = newScope()
  const [one, tagged] = [
    await createKey(trent, scope.caller),
    await createKey(trent, scope.caller, { Tags: [{ TagKey: 'team', TagValue: 'a' }] }),
  ]
  await createKey(trent, scope.caller, { Tags: [{ TagKey: 'team', TagValue: 'b' }] })
  const source = { Source: { Owner: 'AWS' as const, SourceIdentifier: 'CMK_BACKING_KEY_ROTATION_ENABLED' } }
  await scope.put('one', {
    ...source,
    Scope: { ComplianceResourceTypes: ['AWS::KMS::Key'], ComplianceResourceId: one.KeyId },
  })
  await scope.put('tagged', { ...source, Scope: { TagKey: 'team', TagValue: 'a' } })
  assert.deepEqual([...(await scope.verdicts('one')).keys()], [one.KeyId])
  assert.deepEqual([...(await scope.verdicts('tagged')).keys()], [tagged.KeyId])
})

const AWS = { Owner: 'AWS' as const, SourceIdentifier: 'ACCESS_KEYS_ROTATED' }
const REFUSED: readonly (readonly [string, object, string])[] = [
  [
    'of a Lambda function',
    { ConfigRuleName: 'r', Source: { Owner: 'CUSTOM_LAMBDA', SourceIdentifier: 'arn' } },
    'InvalidParameterValueException',
  ],
  [
    'that nobody knows',
    { ConfigRuleName: 'r', Source: { ...AWS, SourceIdentifier: 'S3_BUCKET_LOGGING_ENABLED' } },
    'InvalidParameterValueException',
  ],
  ['without a name', { Source: AWS }, 'InvalidParameterValueException'],
  [
    'with parameters that are no JSON',
    { ConfigRuleName: 'r', Source: AWS, InputParameters: '{' },
    'InvalidParameterValueException',
  ],
  [
    'with another parameter',
    { ConfigRuleName: 'r', Source: AWS, InputParameters: '{"age":"1"}' },
    'InvalidParameterValueException',
  ],
  [
    'with a parameter of parameters',
    { ConfigRuleName: 'r', Source: AWS, InputParameters: '{"maxAccessKeyAge":{}}' },
    'InvalidParameterValueException',
  ],
  ['under an id that there is not', { ConfigRuleId: 'config-rule-000000', Source: AWS }, 'NoSuchConfigRuleException'],
]
for (const [what, ConfigRule, name] of REFUSED)
  test(`a rule ${what} is refused`, async () => {
    const asked = newScope().config.send(new PutConfigRuleCommand({ ConfigRule: ConfigRule as { Source: typeof AWS } }))
    await assert.rejects(asked, { name })
  })

const NO_RULE = { ConfigRuleName: 'none' }
const NO_RULES = { ConfigRuleNames: ['none'] }
const UNKNOWN: readonly (readonly [string, (config: ConfigServiceClient) => Promise<unknown>])[] = [
  ['DeleteConfigRule', (config) => config.send(new DeleteConfigRuleCommand(NO_RULE))],
  ['GetComplianceDetailsByConfigRule', (config) => config.send(new GetComplianceDetailsByConfigRuleCommand(NO_RULE))],
  ['DescribeConfigRules', (config) => config.send(new DescribeConfigRulesCommand(NO_RULES))],
  ['DescribeComplianceByConfigRule', (config) => config.send(new DescribeComplianceByConfigRuleCommand(NO_RULES))],
  ['StartConfigRulesEvaluation', (config) => config.send(new StartConfigRulesEvaluationCommand(NO_RULES))],
]
for (const [operation, ask] of UNKNOWN)
  test(`${operation} of a rule that there is not answers NoSuchConfigRuleException`, async () => {
    await assert.rejects(ask(newScope().config), { name: 'NoSuchConfigRuleException' })
  })

test('tokens of another question and resources of types that nobody records are refused', async () => {
  const { config } = newScope()
  await assert.rejects(config.send(new DescribeConfigRulesCommand({ NextToken: 'x' })), {
    name: 'InvalidNextTokenException',
  })
  await assert.rejects(config.send(new DescribeComplianceByResourceCommand({ ResourceType: 'AWS::S3::Bucket' })), {
    name: 'InvalidParameterValueException',
  })
  await assert.rejects(config.send(new GetComplianceDetailsByResourceCommand({})), {
    name: 'InvalidParameterValueException',
  })
})

const execute = promisify(execFile)
test('AWS CLI: configservice puts a rule and tells what it found', { skip: missing('aws') }, async () => {
  const scope = newScope()
  const { KeyId } = await createKey(trent, scope.caller)
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home.path,
    AWS_ACCESS_KEY_ID: scope.account,
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: trent.url,
  }
  const aws = async (...words: readonly string[]) => {
    const { stdout } = await execute('aws', ['configservice', ...words, '--output', 'json'], { env })
    return stdout === '' ? {} : JSON.parse(stdout)
  }
  await aws(
    'put-config-rule',
    '--config-rule',
    JSON.stringify({
      ConfigRuleName: 'rotation',
      Source: { Owner: 'AWS', SourceIdentifier: 'CMK_BACKING_KEY_ROTATION_ENABLED' },
    }),
  )
  assert.equal((await aws('describe-config-rules')).ConfigRules[0].ConfigRuleName, 'rotation')
  const { EvaluationResults } = await aws('get-compliance-details-by-config-rule', '--config-rule-name', 'rotation')
  assert.equal(EvaluationResults[0].EvaluationResultIdentifier.EvaluationResultQualifier.ResourceId, KeyId)
  await eventually(
    async () => (await aws('describe-compliance-by-config-rule')).ComplianceByConfigRules[0].Compliance.ComplianceType,
    (type) => type === 'NON_COMPLIANT',
  )
  await aws('delete-config-rule', '--config-rule-name', 'rotation')
})
