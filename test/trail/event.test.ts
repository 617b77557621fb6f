import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TRAIL_FIELD_MAX_BYTES, TRAIL_LINE_MAX_BYTES } from '../../src/domain/limits.ts'
import { type CallRecord, eventLine } from '../../src/trail/event.ts'
import type { Identity, SessionContext } from '../../src/trail/identity.ts'

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const alice: Identity = {
  userName: 'alice',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  accountId: '111122223333',
  arn: 'arn:aws:iam::111122223333:user/alice',
  principalId: 'AIDACKCEVSQ6C2EXAMPLE',
  type: 'IAMUser',
}

function recordOf(more: Partial<CallRecord> = {}): CallRecord {
  return {
    eventId: 'a24b3967-ddad-417f-9b22-2332b918db06',
    requestId: '6dd4a5a2-4a2c-4d4f-a0f1-d05ddbc6a3e1',
    time: Date.parse('2025-05-21T05:42:31.987Z'),
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    region: 'us-east-1',
    account: '111122223333',
    sourceIpAddress: '192.0.2.7',
    userAgent: 'aws-cli/2.27',
    identity: alice,
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', encryptionContext: { purpose: 'test' } },
    responseElements: null,
    additionalEventData: { keyMaterialId: 'ab'.repeat(32) },
    readOnly: true,
    resources: [{ ARN: KEY, type: 'AWS::KMS::Key', accountId: '111122223333' }],
    eventType: 'AwsApiCall',
    sharedEventId: '1f2e3d4c-0000-4000-8000-000000000001',
    tlsDetails: {
      keyExchange: 'X25519MLKEM768',
      clientProvidedHostHeader: 'kms.us-east-1.amazonaws.com',
      cipherSuite: 'TLS_AES_256_GCM_SHA384',
      tlsVersion: 'TLSv1.3',
    },
    ...more,
  }
}

function without(record: CallRecord, ...names: (keyof CallRecord)[]): CallRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !names.some((each) => each === name)),
  ) as CallRecord
}

const members = (record: CallRecord) => Object.keys(JSON.parse(eventLine(record)))

test('a refused call has every field, in the order CloudTrail writes them', () => {
  const refused = recordOf({
    error: { code: 'DisabledException', message: `${KEY} is disabled.` },
    serviceEventDetails: { keyId: KEY },
  })
  assert.deepEqual(members(refused), [
    ...[
      'eventVersion',
      'userIdentity',
      'eventTime',
      'eventSource',
      'eventName',
      'awsRegion',
      'sourceIPAddress',
      'userAgent',
    ],
    ...[
      'errorCode',
      'errorMessage',
      'requestParameters',
      'responseElements',
      'additionalEventData',
      'requestID',
      'eventID',
    ],
    ...[
      'readOnly',
      'resources',
      'eventType',
      'managementEvent',
      'recipientAccountId',
      'serviceEventDetails',
      'sharedEventID',
    ],
    ...['eventCategory', 'tlsDetails'],
  ])
})

test('a Decrypt is written byte by byte as CloudTrail writes it', () => {
  assert.equal(
    eventLine(recordOf()),
    '{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDACKCEVSQ6C2EXAMPLE",' +
      '"arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"alice"},' +
      '"eventTime":"2025-05-21T05:42:31Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"us-east-1",' +
      '"sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.27","requestParameters":{"encryptionAlgorithm":"SYMMETRIC_DEFAULT",' +
      '"encryptionContext":{"purpose":"test"}},"responseElements":null,' +
      `"additionalEventData":{"keyMaterialId":"${'ab'.repeat(32)}"},"requestID":"6dd4a5a2-4a2c-4d4f-a0f1-d05ddbc6a3e1",` +
      '"eventID":"a24b3967-ddad-417f-9b22-2332b918db06","readOnly":true,' +
      `"resources":[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"${KEY}"}],"eventType":"AwsApiCall",` +
      '"managementEvent":true,"recipientAccountId":"111122223333","sharedEventID":"1f2e3d4c-0000-4000-8000-000000000001",' +
      '"eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_256_GCM_SHA384",' +
      '"clientProvidedHostHeader":"kms.us-east-1.amazonaws.com","keyExchange":"X25519MLKEM768"}}',
  )
})

test('what a record does not say is not in the event', () => {
  const optional = [
    'requestId',
    'account',
    'userAgent',
    'additionalEventData',
    'resources',
    'sharedEventId',
    'tlsDetails',
  ] as const
  assert.deepEqual(members(without(recordOf(), ...optional)), [
    ...['eventVersion', 'userIdentity', 'eventTime', 'eventSource', 'eventName', 'awsRegion', 'sourceIPAddress'],
    ...[
      'requestParameters',
      'responseElements',
      'eventID',
      'readOnly',
      'eventType',
      'managementEvent',
      'eventCategory',
    ],
  ])
})

test('an event of the service itself is an AwsServiceEvent with its details and without a request id', () => {
  const record = recordOf({
    eventName: 'RotateKey',
    identity: { accountId: '111122223333', invokedBy: 'AWS Internal' },
    sourceIpAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    eventType: 'AwsServiceEvent',
    readOnly: false,
    serviceEventDetails: { rotationType: 'AUTOMATIC', keyId: KEY },
  })
  const event = JSON.parse(
    eventLine(without(record, 'requestId', 'tlsDetails', 'additionalEventData', 'sharedEventId')),
  )
  assert.deepEqual(Object.keys(event).slice(-5), [
    'eventType',
    'managementEvent',
    'recipientAccountId',
    'serviceEventDetails',
    'eventCategory',
  ])
  assert.deepEqual(event.serviceEventDetails, { rotationType: 'AUTOMATIC', keyId: KEY })
  assert.equal(event.requestParameters, null)
})

const sessionContext: SessionContext = {
  sourceIdentity: 'alice',
  attributes: { mfaAuthenticated: 'false', creationDate: '2025-05-21T05:00:00Z' },
  webIdFederationData: { federatedProvider: 'arn:aws:iam::111122223333:oidc-provider/token.example' },
  sessionIssuer: {
    userName: 'Admin',
    accountId: '111122223333',
    arn: 'arn:aws:iam::111122223333:role/Admin',
    principalId: 'AROADBQP57FF2AEXAMPLE',
    type: 'Role',
  },
}
const SESSION_JSON =
  '{"sessionIssuer":{"type":"Role","principalId":"AROADBQP57FF2AEXAMPLE","arn":"arn:aws:iam::111122223333:role/Admin",' +
  '"accountId":"111122223333","userName":"Admin"},"webIdFederationData":{"federatedProvider":"arn:aws:iam::111122223333:oidc-provider/token.example"},' +
  '"attributes":{"creationDate":"2025-05-21T05:00:00Z","mfaAuthenticated":"false"},"sourceIdentity":"alice"}'

const identities: readonly (readonly [string, Identity, string])[] = [
  [
    'Root',
    {
      type: 'Root',
      accountId: '111122223333',
      principalId: '111122223333',
      arn: 'arn:aws:iam::111122223333:root',
      accessKeyId: 'AKIA1',
    },
    '{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"AKIA1"}',
  ],
  [
    'IAMUser called through a service',
    { ...alice, invokedBy: 's3.amazonaws.com' },
    '{"type":"IAMUser","principalId":"AIDACKCEVSQ6C2EXAMPLE","arn":"arn:aws:iam::111122223333:user/alice",' +
      '"accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"alice","invokedBy":"s3.amazonaws.com"}',
  ],
  [
    'AssumedRole',
    {
      sessionContext,
      type: 'AssumedRole',
      principalId: 'AROADBQP57FF2AEXAMPLE:ci',
      arn: 'arn:aws:sts::111122223333:assumed-role/Admin/ci',
      accountId: '111122223333',
      accessKeyId: 'ASIA1',
    },
    '{"type":"AssumedRole","principalId":"AROADBQP57FF2AEXAMPLE:ci","arn":"arn:aws:sts::111122223333:assumed-role/Admin/ci",' +
      `"accountId":"111122223333","accessKeyId":"ASIA1","sessionContext":${SESSION_JSON}}`,
  ],
  [
    'FederatedUser',
    {
      type: 'FederatedUser',
      principalId: '111122223333:bob',
      arn: 'arn:aws:sts::111122223333:federated-user/bob',
      accountId: '111122223333',
      accessKeyId: 'ASIA2',
      sessionContext: {
        attributes: { creationDate: '2025-05-21T05:00:00Z', mfaAuthenticated: 'true' },
        sessionIssuer: {
          type: 'IAMUser',
          principalId: 'AIDA2',
          arn: 'arn:aws:iam::111122223333:user/broker',
          accountId: '111122223333',
          userName: 'broker',
        },
      },
    },
    '{"type":"FederatedUser","principalId":"111122223333:bob","arn":"arn:aws:sts::111122223333:federated-user/bob","accountId":"111122223333",' +
      '"accessKeyId":"ASIA2","sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDA2","arn":"arn:aws:iam::111122223333:user/broker",' +
      '"accountId":"111122223333","userName":"broker"},"attributes":{"creationDate":"2025-05-21T05:00:00Z","mfaAuthenticated":"true"}}}',
  ],
  [
    'WebIdentityUser',
    { type: 'WebIdentityUser', identityProvider: 'token.example', userName: 'u1', principalId: 'token.example:app:u1' },
    '{"type":"WebIdentityUser","principalId":"token.example:app:u1","userName":"u1","identityProvider":"token.example"}',
  ],
  [
    'AWSAccount, in the log of the key owner',
    { type: 'AWSAccount', accountId: '444455556666', principalId: 'AROA4:session' },
    '{"type":"AWSAccount","principalId":"AROA4:session","accountId":"444455556666"}',
  ],
  [
    'AWSService',
    { type: 'AWSService', invokedBy: 's3.amazonaws.com' },
    '{"type":"AWSService","invokedBy":"s3.amazonaws.com"}',
  ],
  [
    'the service itself',
    { accountId: '111122223333', invokedBy: 'AWS Internal' },
    '{"accountId":"111122223333","invokedBy":"AWS Internal"}',
  ],
  [
    'a caller who claimed an access key',
    { type: 'Unknown', accessKeyId: 'AKIAFORGED' },
    '{"type":"Unknown","accessKeyId":"AKIAFORGED"}',
  ],
  ['a caller who claimed nothing', { type: 'Unknown' }, '{"type":"Unknown"}'],
]
for (const [name, identity, json] of identities)
  test(`the identity of ${name} has CloudTrail's members in CloudTrail's order, the second time too`, () => {
    for (const _ of [1, 2])
      assert.ok(
        eventLine(recordOf({ identity })).startsWith(`{"eventVersion":"1.11","userIdentity":${json},"eventTime"`),
      )
  })

test('a refusal by policy is AccessDenied in the log, though the client sees AccessDeniedException', () => {
  const event = JSON.parse(
    eventLine(recordOf({ error: { code: 'AccessDeniedException', message: 'User: x is not authorized' } })),
  )
  assert.deepEqual([event.errorCode, event.errorMessage], ['AccessDenied', 'User: x is not authorized'])
})

test('every other error keeps its name, and has no message where the client got none', () => {
  const event = JSON.parse(eventLine(recordOf({ error: { code: 'InvalidCiphertextException' } })))
  assert.equal(event.errorCode, 'InvalidCiphertextException')
  assert.ok(!('errorMessage' in event))
})

test('two resources are written in their order', () => {
  const resources = ['a', 'b'].map((ARN) => ({ accountId: '111122223333', type: 'AWS::KMS::Key', ARN }))
  assert.deepEqual(JSON.parse(eventLine(recordOf({ resources }))).resources, resources)
  assert.deepEqual(JSON.parse(eventLine(recordOf({ resources: [] }))).resources, [])
})

const large = 'é'.repeat(TRAIL_FIELD_MAX_BYTES.requestParameters)
for (const name of ['requestParameters', 'responseElements', 'additionalEventData', 'serviceEventDetails'] as const)
  test(`${name} above its size says that it is omitted`, () => {
    assert.deepEqual(JSON.parse(eventLine(recordOf({ [name]: { large } })))[name], { omitted: true })
  })

test('a field of exactly its size is written', () => {
  const text = 'é'.repeat((TRAIL_FIELD_MAX_BYTES.requestParameters - '{"a":""}'.length) / 2)
  assert.deepEqual(JSON.parse(eventLine(recordOf({ requestParameters: { a: text } }))).requestParameters, { a: text })
  assert.deepEqual(JSON.parse(eventLine(recordOf({ requestParameters: { a: `${text}b` } }))).requestParameters, {
    omitted: true,
  })
})

test('a message and a user agent above their size are cut', () => {
  const event = JSON.parse(
    eventLine(
      recordOf({ userAgent: 'u'.repeat(2000), error: { code: 'ValidationException', message: 'm'.repeat(2000) } }),
    ),
  )
  assert.deepEqual([event.userAgent.length, event.errorMessage.length], [1024, 1024])
})

test('an event with all fields as large as they can be fits in a line of the trail', () => {
  const field = (bytes: number) => ({ a: '"'.repeat(bytes / 2 - 6) })
  const line = eventLine(
    recordOf({
      requestParameters: field(TRAIL_FIELD_MAX_BYTES.requestParameters),
      responseElements: field(TRAIL_FIELD_MAX_BYTES.responseElements),
      additionalEventData: field(TRAIL_FIELD_MAX_BYTES.additionalEventData),
      serviceEventDetails: field(TRAIL_FIELD_MAX_BYTES.serviceEventDetails),
      userAgent: '\u0000'.repeat(4000),
      error: { code: 'ValidationException', message: '\u0000'.repeat(4000) },
    }),
  )
  assert.ok(!line.includes('omitted'))
  assert.ok(Buffer.byteLength(line) < TRAIL_LINE_MAX_BYTES)
})

/** Strings with everything that could break a line or its encoding. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '\r',
        '\u0000',
        '\u0085',
        '\u2028',
        '\u2029',
        '\ud800',
        '\udc00',
        '"',
        '\\',
        '}',
        'é',
        '😀',
      ),
    )
    .map((parts) => parts.join('')),
)

test('whatever strings an event holds, it is one line of valid UTF-8 that says the same', () => {
  const value = fc.jsonValue({ stringUnit: 'binary' })
  fc.assert(
    fc.property(fc.record({ a: hostile, b: hostile, c: hostile, d: hostile }), value, ({ a, b, c, d }, json) => {
      const line = eventLine(
        recordOf({
          userAgent: a,
          requestParameters: { [b]: c, json },
          error: { code: 'ValidationException', message: c },
          sourceIpAddress: d,
          region: a,
          eventId: b,
          requestId: d,
          account: b,
          eventName: c,
          resources: [{ accountId: a, type: b, ARN: d }],
          identity: { type: 'Unknown', accessKeyId: d },
          tlsDetails: { tlsVersion: a, cipherSuite: b, clientProvidedHostHeader: c },
        }),
      )
      assert.doesNotMatch(line, /[\n\r\u0085\u2028\u2029]/)
      assert.equal(Buffer.from(line, 'utf8').toString('utf8'), line)
      const event = JSON.parse(line)
      assert.deepEqual(
        [
          event.userAgent,
          event.requestParameters[b],
          event.errorMessage,
          event.sourceIPAddress,
          event.resources[0].ARN,
        ],
        [a, b === 'json' ? event.requestParameters.json : c, c, d, d],
      )
      assert.deepEqual(
        [event.userIdentity.accessKeyId, event.tlsDetails.clientProvidedHostHeader, event.eventID],
        [d, c, b],
      )
      assert.equal(JSON.stringify(event.requestParameters.json), JSON.stringify(JSON.parse(JSON.stringify(json))))
    }),
  )
})
