import assert from 'node:assert/strict'
import { z } from 'zod'

/** Records of CloudTrail as strictly as their reference tells them. Source: CloudTrail record contents, userIdentity element. */
const uuid = z.stringFormat('UUID', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
const account = z.stringFormat('account', /^\d{12}$/)
const arn = z.stringFormat('ARN', /^arn:aws[a-z-]*:[a-z]+:[a-z0-9-]*:\d{12}:\S+$/)
const second = z.stringFormat('time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
const fields = z.record(z.string(), z.unknown())

const sessionContext = z.strictObject({
  sessionIssuer: z
    .strictObject({
      type: z.enum(['Role', 'IAMUser', 'Root']),
      principalId: z.string().min(1),
      arn,
      accountId: account,
      userName: z.string().min(1).optional(),
    })
    .optional(),
  webIdFederationData: z.strictObject({ federatedProvider: arn }).optional(),
  attributes: z.strictObject({ creationDate: second, mfaAuthenticated: z.enum(['true', 'false']) }),
  sourceIdentity: z.string().optional(),
})
const principal = {
  principalId: z.string().min(1),
  arn,
  accountId: account,
  accessKeyId: z.string().min(1).optional(),
  invokedBy: z.string().optional(),
}
const identity = z.union([
  z.strictObject({ type: z.literal('Root'), ...principal, sessionContext: sessionContext.optional() }),
  z.strictObject({
    type: z.literal('IAMUser'),
    ...principal,
    userName: z.string().min(1),
    sessionContext: sessionContext.optional(),
  }),
  z.strictObject({ type: z.enum(['AssumedRole', 'FederatedUser']), ...principal, sessionContext }),
  z.strictObject({
    type: z.literal('WebIdentityUser'),
    principalId: z.string().min(1),
    userName: z.string().min(1),
    identityProvider: arn,
  }),
  z.strictObject({ type: z.literal('AWSAccount'), principalId: z.string().min(1), accountId: account }),
  z.strictObject({
    type: z.literal('AWSService'),
    invokedBy: z.stringFormat('service', /^(?:[a-z0-9.-]+\.amazonaws\.com|AWS Internal)$/),
  }),
  z.strictObject({ type: z.literal('Unknown'), accountId: account.optional(), accessKeyId: z.string().optional() }),
  z.strictObject({ accountId: account, invokedBy: z.literal('AWS Internal') }),
])

const resource = z.strictObject({
  accountId: account,
  type: z.enum(['AWS::KMS::Key', 'AWS::IAM::Role']),
  ARN: z.string(),
})

const shape = z.strictObject({
  eventVersion: z.literal('1.11'),
  userIdentity: identity,
  eventTime: second,
  eventSource: z.stringFormat('service', /^(?:[a-z-]+\.amazonaws\.com|control\.trent)$/),
  eventName: z.stringFormat('operation', /^[A-Za-z0-9]{1,64}$/),
  awsRegion: z.stringFormat('Region', /^(?:[a-z]{2}(?:-[a-z]+)+-\d|aws-global|unknown)$/),
  sourceIPAddress: z.string().min(1),
  userAgent: z.string().max(1_024).optional(),
  errorCode: z.string().min(1).optional(),
  errorMessage: z.string().max(1_024).optional(),
  requestParameters: fields.nullable(),
  responseElements: fields.nullable(),
  additionalEventData: fields.optional(),
  requestID: uuid.optional(),
  eventID: uuid,
  readOnly: z.boolean(),
  resources: z.array(resource).optional(),
  eventType: z.enum(['AwsApiCall', 'AwsServiceEvent']),
  managementEvent: z.literal(true),
  recipientAccountId: account.optional(),
  sharedEventID: uuid.optional(),
  serviceEventDetails: fields.optional(),
  eventCategory: z.literal('Management'),
  tlsDetails: z
    .strictObject({
      tlsVersion: z.enum(['TLSv1.2', 'TLSv1.3']),
      cipherSuite: z.string().min(1),
      clientProvidedHostHeader: z.string().optional(),
      keyExchange: z.string().optional(),
    })
    .optional(),
  // Trent's own, last.
  trentDecision: z.array(fields).min(1).optional(),
})
type Event = z.infer<typeof shape>

/** Members that no record shows, at whatever depth; names inside an encryption context are the caller's own. */
const SECRET = new Set(
  `plaintext ciphertextBlob ciphertextForRecipient message signature mac sharedSecret publicKey privateKeyPlaintext
  privateKeyCiphertextBlob importToken encryptedKeyMaterial grantToken grantTokens attestationDocument keyStorePassword
  trustAnchorCertificate rawSecretAccessKey secretAccessKey sessionToken webIdentityToken tokenCode authenticationCode1
  authenticationCode2 base32StringSeed qRCodePNG`.split(/\s+/),
)
const CALLERS_OWN = /^(?:\w*[eE]ncryptionContext\w*|tags)$/

function secretIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    if (SECRET.has(name)) return name
    const inside = CALLERS_OWN.test(name) ? undefined : secretIn(member)
    if (inside !== undefined) return inside
  }
  return undefined
}

/** What the members say together. */
const RULES: ReadonlyArray<readonly [says: string, holds: (event: Event) => boolean]> = [
  [
    'a failed call has no answer',
    ({ errorCode, responseElements }) => errorCode === undefined || responseElements === null,
  ],
  [
    'a message comes with a code',
    ({ errorCode, errorMessage }) => errorMessage === undefined || errorCode !== undefined,
  ],
  ['a refusal by policy has the name of the log', ({ errorCode }) => errorCode !== 'AccessDeniedException'],
  ['a call has a request id', ({ eventType, requestID }) => eventType === 'AwsServiceEvent' || requestID !== undefined],
  [
    'what KMS does by itself has none',
    ({ eventType, requestID }) => eventType === 'AwsApiCall' || requestID === undefined,
  ],
  [
    'what KMS does by itself has no parameters and no answer',
    ({ eventType, requestParameters, responseElements }) =>
      eventType === 'AwsApiCall' || (requestParameters === null && responseElements === null),
  ],
  [
    'an event without an account is of a caller who is not known, or of the installation itself',
    ({ recipientAccountId, userIdentity }) =>
      recipientAccountId !== undefined ||
      ('type' in userIdentity && (userIdentity.type === 'Unknown' || userIdentity.type === 'AWSService')),
  ],
  [
    "the copy in an owner's log is shared",
    ({ sharedEventID, userIdentity }) =>
      !('type' in userIdentity) || userIdentity.type !== 'AWSAccount' || sharedEventID !== undefined,
  ],
  [
    'reading calls of KMS show no answer',
    ({ eventSource, readOnly, responseElements }) =>
      eventSource !== 'kms.amazonaws.com' || !readOnly || responseElements === null,
  ],
]

const ORDER = Object.keys(shape.shape)

/** Fails, with the event, when it is not as CloudTrail writes events. */
export function checkEvent(line: string): void {
  const parsed: unknown = JSON.parse(line)
  const read = shape.safeParse(parsed)
  if (!read.success) assert.fail(`${z.prettifyError(read.error)}\n${line}`)
  const event = read.data
  const names = Object.keys(parsed ?? {})
  assert.deepEqual(
    names,
    ORDER.filter((name) => names.includes(name)),
    `the order of members of ${line}`,
  )
  for (const [says, holds] of RULES) assert.ok(holds(event), `${says}: ${line}`)
  const { requestParameters, responseElements, additionalEventData, serviceEventDetails } = event
  const secret = secretIn([requestParameters, responseElements, additionalEventData, serviceEventDetails])
  assert.equal(secret, undefined, line)
}
