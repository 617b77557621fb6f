import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Answer } from '../../support/answer.ts'
import { base64, createHmacKey, createKey, encrypt, NO_KEY } from '../../support/key.ts'
import { eventsOf, type TrailEvent, trailEvents } from '../../support/trail.ts'
import { newAccount, REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const data = trent.data ?? ''
after(() => trent[Symbol.asyncDispose]())

const caller = { account: newAccount() }
const key = await createKey(trent, caller, { Tags: [{ TagKey: 'old', TagValue: '' }] })
const hmacKey = await createHmacKey(trent, caller)
const spare = await createKey(trent, caller)
const { KeyId, Arn } = key
const SECRET = 'correct horse battery staple'
const blob = await encrypt(trent, KeyId, SECRET, caller)
const Policy = (await trent.ok('GetKeyPolicy', { KeyId }, caller)).Policy
const MAC = { KeyId: hmacKey.KeyId, Message: base64(SECRET), MacAlgorithm: 'HMAC_SHA_256' }
const { Mac } = await trent.ok('GenerateMac', MAC, caller)

async function eventOf({ requestId }: Answer): Promise<TrailEvent> {
  const events = await eventsOf(data, requestId)
  assert.equal(events.length, 1)
  return events[0] ?? assert.fail()
}

const DATE = /^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/
const symmetric = { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
const context = { EncryptionContext: { purpose: 'test' } }
const material = { keyMaterialId: key.CurrentKeyMaterialId }
const keyArn = { keyId: Arn }

type Golden = {
  readonly request: object | null
  readonly response?: object | null
  readonly additional?: object
  readonly arns?: readonly string[]
  readonly isWrite?: true
}

/** In this order, since later rows need what earlier ones made. Source: CloudTrail records of KMS. */
const GOLDEN: ReadonlyArray<readonly [operation: string, input: object, golden: Golden]> = [
  [
    'Encrypt',
    { KeyId, Plaintext: base64(SECRET), ...context },
    { request: { keyId: KeyId, ...symmetric, encryptionContext: { purpose: 'test' } }, additional: material },
  ],
  ['Decrypt', { CiphertextBlob: blob }, { request: symmetric, additional: material }],
  ['Decrypt', { CiphertextBlob: blob, KeyId: Arn }, { request: { keyId: Arn, ...symmetric }, additional: material }],
  [
    'ReEncrypt',
    { CiphertextBlob: blob, DestinationKeyId: spare.KeyId, DestinationEncryptionContext: { a: 'b' } },
    {
      request: {
        destinationKeyId: spare.KeyId,
        destinationEncryptionContext: { a: 'b' },
        sourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        destinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      },
      additional: {
        sourceKeyMaterialId: key.CurrentKeyMaterialId,
        destinationKeyMaterialId: spare.CurrentKeyMaterialId,
      },
      arns: [Arn, spare.Arn],
    },
  ],
  [
    'GenerateDataKey',
    { KeyId, KeySpec: 'AES_256', ...context },
    { request: { keyId: KeyId, keySpec: 'AES_256', encryptionContext: { purpose: 'test' } }, additional: material },
  ],
  [
    'GenerateDataKeyWithoutPlaintext',
    { KeyId, NumberOfBytes: 5 },
    { request: { keyId: KeyId, numberOfBytes: 5 }, additional: material },
  ],
  ['GenerateRandom', { NumberOfBytes: 5 }, { request: null, arns: [] }],
  ['GenerateMac', MAC, { request: { keyId: hmacKey.KeyId, macAlgorithm: 'HMAC_SHA_256' }, arns: [hmacKey.Arn] }],
  [
    'VerifyMac',
    { ...MAC, Mac },
    { request: { keyId: hmacKey.KeyId, macAlgorithm: 'HMAC_SHA_256' }, arns: [hmacKey.Arn] },
  ],
  ['DescribeKey', { KeyId }, { request: { keyId: KeyId } }],
  ['GetKeyPolicy', { KeyId, PolicyName: 'default' }, { request: { keyId: KeyId, policyName: 'default' } }],
  ['ListKeyPolicies', { KeyId }, { request: { keyId: KeyId } }],
  ['ListResourceTags', { KeyId, Limit: 5 }, { request: { keyId: KeyId, limit: 5 } }],
  ['ListKeys', {}, { request: null, arns: [] }],
  ['ListKeys', { Limit: 7 }, { request: { limit: 7 }, arns: [] }],
  ['ListAliases', {}, { request: null, arns: [] }],
  [
    'CreateAlias',
    { AliasName: 'alias/a', TargetKeyId: KeyId },
    {
      request: { aliasName: 'alias/a', targetKeyId: KeyId },
      response: keyArn,
      arns: [Arn, aliasArn('alias/a')],
      isWrite: true,
    },
  ],
  ['DescribeKey', { KeyId: 'alias/a' }, { request: { keyId: 'alias/a' } }],
  [
    'UpdateAlias',
    { AliasName: 'alias/a', TargetKeyId: spare.KeyId },
    {
      request: { aliasName: 'alias/a', targetKeyId: spare.KeyId },
      response: { keyId: spare.Arn },
      arns: [spare.Arn, Arn, aliasArn('alias/a')],
      isWrite: true,
    },
  ],
  [
    'DeleteAlias',
    { AliasName: 'alias/a' },
    {
      request: { aliasName: 'alias/a' },
      response: { keyId: spare.Arn },
      arns: [spare.Arn, aliasArn('alias/a')],
      isWrite: true,
    },
  ],
  [
    'TagResource',
    { KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] },
    { request: { keyId: KeyId, tags: [{ tagKey: 'a', tagValue: 'b' }] }, response: keyArn, isWrite: true },
  ],
  [
    'UntagResource',
    { KeyId, TagKeys: ['a'] },
    { request: { keyId: KeyId, tagKeys: ['a'] }, response: keyArn, isWrite: true },
  ],
  [
    'UpdateKeyDescription',
    { KeyId, Description: 'd' },
    { request: { keyId: KeyId, description: 'd' }, response: keyArn, isWrite: true },
  ],
  [
    'PutKeyPolicy',
    { KeyId, PolicyName: 'default', Policy, BypassPolicyLockoutSafetyCheck: false },
    {
      request: { keyId: KeyId, policyName: 'default', policy: Policy, bypassPolicyLockoutSafetyCheck: false },
      response: keyArn,
      isWrite: true,
    },
  ],
  [
    'EnableKeyRotation',
    { KeyId, RotationPeriodInDays: 90 },
    { request: { keyId: KeyId, rotationPeriodInDays: 90 }, response: keyArn, isWrite: true },
  ],
  ['EnableKeyRotation', { KeyId: Arn }, { request: { keyId: Arn }, response: keyArn, isWrite: true }],
  ['GetKeyRotationStatus', { KeyId }, { request: { keyId: KeyId } }],
  ['ListKeyRotations', { KeyId, Limit: 1 }, { request: { keyId: KeyId, limit: 1 } }],
  ['DisableKeyRotation', { KeyId }, { request: { keyId: KeyId }, response: keyArn, isWrite: true }],
  ['RotateKeyOnDemand', { KeyId }, { request: { keyId: KeyId }, response: keyArn, isWrite: true }],
  ['DisableKey', { KeyId }, { request: { keyId: KeyId }, response: keyArn, isWrite: true }],
  ['EnableKey', { KeyId }, { request: { keyId: KeyId }, response: keyArn, isWrite: true }],
  [
    'ScheduleKeyDeletion',
    { KeyId, PendingWindowInDays: 9 },
    {
      request: { keyId: KeyId, pendingWindowInDays: 9 },
      response: { ...keyArn, keyState: 'PendingDeletion', pendingWindowInDays: 9, deletionDate: 'DATE' },
      isWrite: true,
    },
  ],
  ['CancelKeyDeletion', { KeyId }, { request: { keyId: KeyId }, response: keyArn, isWrite: true }],
  ['EnableKey', { KeyId: Arn }, { request: { keyId: Arn }, response: keyArn, isWrite: true }],
]

function aliasArn(name: string): string {
  return `arn:aws:kms:${REGION}:${caller.account}:${name}`
}

/** Whether the event tells that every check was passed, and what by. */
function decidedFor(checks: unknown, operation: string): boolean {
  const isPassed = (check: object) => 'allowed' in check && check.allowed === true && 'by' in check
  const action = operation.startsWith('ReEncrypt') ? 'kms:ReEncryptFrom' : `kms:${operation}`
  return Array.isArray(checks) && checks.every(isPassed) && checks[0]?.action === action
}

/** Dates are compared by their form. */
function dated(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_name, member) => (typeof member === 'string' && DATE.test(member) ? 'DATE' : member)),
  )
}

for (const [operation, input, golden] of GOLDEN)
  test(`${operation} with ${Object.keys(input).join(', ') || 'nothing'} is recorded`, async () => {
    const answer = await trent.kms(operation, input, caller)
    assert.equal(answer.status, 200, answer.text)
    const { eventID, eventTime, userAgent: _, additionalEventData, trentDecision, ...event } = await eventOf(answer)
    assert.match(eventID, /^[0-9a-f-]{36}$/)
    assert.match(String(eventTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.deepEqual(additionalEventData, golden.additional)
    assert.ok(decidedFor(trentDecision, operation), JSON.stringify(trentDecision))
    assert.deepEqual(dated(event), {
      eventVersion: '1.11',
      userIdentity: {
        type: 'Root',
        principalId: caller.account,
        arn: `arn:aws:iam::${caller.account}:root`,
        accountId: caller.account,
        accessKeyId: caller.account,
      },
      eventSource: 'kms.amazonaws.com',
      eventName: operation,
      awsRegion: REGION,
      sourceIPAddress: '127.0.0.1',
      requestParameters: golden.request,
      responseElements: golden.response ?? null,
      requestID: answer.requestId,
      readOnly: golden.isWrite === undefined,
      resources: (golden.arns ?? [Arn]).map((ARN) => ({ accountId: caller.account, type: 'AWS::KMS::Key', ARN })),
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: caller.account,
      eventCategory: 'Management',
    })
  })

test('CreateKey is recorded with its defaults and the metadata of the key', async () => {
  const answer = await trent.kms('CreateKey', {}, caller)
  const event = await eventOf(answer)
  assert.deepEqual(event.requestParameters, {
    bypassPolicyLockoutSafetyCheck: false,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
  })
  const made = answer.output.KeyMetadata
  assert.deepEqual(dated(event.responseElements), {
    keyMetadata: {
      aWSAccountId: caller.account,
      keyId: made.KeyId,
      arn: made.Arn,
      creationDate: 'DATE',
      enabled: true,
      description: '',
      keyUsage: 'ENCRYPT_DECRYPT',
      keyState: 'Enabled',
      origin: 'AWS_KMS',
      keyManager: 'CUSTOMER',
      customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      keySpec: 'SYMMETRIC_DEFAULT',
      encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      multiRegion: false,
      currentKeyMaterialId: made.CurrentKeyMaterialId,
    },
  })
  assert.deepEqual(event.resources, [{ accountId: caller.account, type: 'AWS::KMS::Key', ARN: made.Arn }])
})

test('CreateKey is recorded with what was sent', async () => {
  const Tags = [{ TagKey: 'a', TagValue: 'b' }]
  const input = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC', MultiRegion: false, Description: 'd', Tags }
  assert.deepEqual((await eventOf(await trent.kms('CreateKey', input, caller))).requestParameters, {
    bypassPolicyLockoutSafetyCheck: false,
    description: 'd',
    keySpec: 'HMAC_256',
    customerMasterKeySpec: 'HMAC_256',
    keyUsage: 'GENERATE_VERIFY_MAC',
    multiRegion: false,
    origin: 'AWS_KMS',
    tags: [{ tagKey: 'a', tagValue: 'b' }],
  })
})

const REFUSALS = [
  ['Encrypt', { KeyId: NO_KEY, Plaintext: 'YQ==' }, 'NotFoundException'],
  ['Encrypt', { KeyId: hmacKey.KeyId, Plaintext: 'YQ==' }, 'InvalidKeyUsageException'],
  ['Encrypt', { KeyId, Plaintext: 'YQ==', DryRun: true }, 'DryRunOperationException'],
  ['Decrypt', { CiphertextBlob: 'YQ==' }, 'InvalidCiphertextException'],
  ['DescribeKey', { KeyId: `arn:aws:kms:${REGION}:${newAccount()}:key/${NO_KEY}` }, 'AccessDenied'],
  ['Encrypt', { KeyId }, 'ValidationException'],
  ['Encrypt', { KeyId: 1 }, 'SerializationException'],
  ['Encrypt', '{', 'SerializationException'],
  ['CreateKey', { KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException'],
] as const
for (const [operation, input, code] of REFUSALS)
  test(`${operation} refused with ${code} is recorded with its message`, async () => {
    const answer = await trent.kms(operation, input, caller)
    const event = await eventOf(answer)
    assert.deepEqual(
      [event.eventName, event.errorCode, event.errorMessage, event.responseElements, event.recipientAccountId],
      [operation, code, answer.message, null, caller.account],
    )
  })

test('a call that names no operation is recorded', async () => {
  for (const name of ['NoSuchOperation', '__proto__', 'x'.repeat(300), 'a"b']) {
    const event = await eventOf(await trent.kms(name, {}, caller))
    assert.equal(event.errorCode, 'UnknownOperationException')
    assert.match(event.eventName, /^(NoSuchOperation|Unknown)$/)
  }
})

test('a context named after members of Object is recorded as it was sent', async () => {
  const input = `{"KeyId":"${KeyId}","Plaintext":"YQ==","EncryptionContext":{"__proto__":"a","constructor":"b"}}`
  const { requestParameters } = await eventOf(await trent.kms('Encrypt', input, caller))
  assert.match(JSON.stringify(requestParameters), /"encryptionContext":\{"__proto__":"a","constructor":"b"\}/)
})

test('no event holds what was encrypted or authenticated', async () => {
  const text = JSON.stringify(await trailEvents(data))
  for (const secret of [SECRET, base64(SECRET), blob, Mac]) assert.ok(!text.includes(secret))
})
