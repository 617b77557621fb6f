import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { type ParsedAuthorization, parseAuthorization } from '../../src/sigv4/authorization.ts'
import { expiredToken, invalidToken } from '../../src/sigv4/refusal.ts'
import type { SignedRequest } from '../../src/sigv4/request.ts'
import { deriveSigningKey, presignRequest, signRequest } from '../../src/sigv4/sign.ts'
import { type AcceptedScope, checkScope, explainMismatch, verifySignature } from '../../src/sigv4/verify.ts'
import {
  addHeader,
  createJudge,
  getCallerIdentity,
  listKeys,
  NOW,
  presigned,
  SIGNER,
  signed,
  withHeader,
  withoutHeader,
} from './requests.ts'

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const MINUTE = 60_000

function parsed(request: SignedRequest): ParsedAuthorization {
  const result = parseAuthorization(request)
  if (isError(result)) throw new assert.AssertionError({ message: result.message ?? result.code })
  return result
}

const accepted = (now: number): AcceptedScope => ({
  services: ['kms'],
  isRegion: (region) => region === 'us-east-1',
  now,
})
const scopeRefusal = (authorization: ParsedAuthorization, now = NOW) =>
  checkScope(authorization, accepted(now))?.message
const verify = (request: SignedRequest, options = {}) => {
  const authorization = parsed(request)
  return verifySignature(request, authorization, deriveSigningKey(SIGNER.secret, authorization), options)
}

const REGION_FAULT = "Credential should be scoped to a valid region, not 'eu-west-9'."
const SERVICE_FAULT = "Credential should be scoped to correct service: 'kms'."
const TERMINATOR_FAULT = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."
const DATE_FAULT =
  "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260228' != '20260301', from '20260301T121500Z'."

const SCOPES: readonly (readonly [string, Partial<ParsedAuthorization>, string | undefined])[] = [
  ['the right scope', {}, undefined],
  ['another Region', { region: 'eu-west-9' }, REGION_FAULT],
  ['another service', { service: 'iam' }, SERVICE_FAULT],
  ['another terminator', { terminator: 'aws5_request' }, TERMINATOR_FAULT],
  ['another day', { date: '20260228' }, DATE_FAULT],
  ['no Region', { region: '' }, "Credential should be scoped to a valid region, not ''."],
  ['the service in capitals', { service: 'KMS' }, SERVICE_FAULT],
  [
    'everything wrong',
    { region: 'eu-west-9', service: 'iam', terminator: 'aws5_request', date: '20260228' },
    `${REGION_FAULT} ${SERVICE_FAULT} ${TERMINATOR_FAULT} ${DATE_FAULT}`,
  ],
  ['Region and day wrong', { region: 'eu-west-9', date: '20260228' }, `${REGION_FAULT} ${DATE_FAULT}`],
]
for (const [what, changes, message] of SCOPES)
  test(`a credential with ${what} is ${message === undefined ? 'accepted' : `refused: ${message}`}`, () => {
    const refused = checkScope({ ...parsed(signed()), ...changes }, accepted(NOW))
    assert.deepEqual(refused, message && { kind: 'error', code: 'InvalidSignatureException', message })
  })

test('a service with two signing names takes both and lists both', () => {
  const scope = { ...accepted(NOW), services: ['kms', 'monitoring'] }
  assert.equal(checkScope({ ...parsed(signed()), service: 'monitoring' }, scope), undefined)
  const refused = checkScope({ ...parsed(signed()), service: 's3' }, scope)
  assert.equal(refused?.message, "Credential should be scoped to correct service: 'kms', 'monitoring'.")
})

const at = (time: number) => parsed(signed({ time }))
const EXPIRED = 'Signature expired: 20260301T120000Z is now earlier than 20260301T121000Z (20260301T121500Z - 5 min.)'
const FUTURE =
  'Signature not yet current: 20260301T123000Z is still later than 20260301T122000Z (20260301T121500Z + 5 min.)'
const TIMES: readonly (readonly [string, number, string | undefined])[] = [
  ['15 minutes old', NOW - 15 * MINUTE, EXPIRED],
  ['15 minutes ahead', NOW + 15 * MINUTE, FUTURE],
  ['5 minutes old', NOW - 5 * MINUTE, undefined],
  ['5 minutes ahead', NOW + 5 * MINUTE, undefined],
  ['5 minutes and a second old', NOW - 5 * MINUTE - 1000, EXPIRED.replace('T120000Z', 'T120959Z')],
  ['5 minutes and a second ahead', NOW + 5 * MINUTE + 1000, FUTURE.replace('T123000Z', 'T122001Z')],
]
for (const [what, time, message] of TIMES)
  test(`a signature ${what} is ${message === undefined ? 'accepted' : 'refused with both instants'}`, () => {
    assert.equal(scopeRefusal(at(time)), message)
    assert.equal(scopeRefusal(at(time), NOW + 999), message)
  })

test('time is judged before scope', () => {
  assert.equal(scopeRefusal({ ...at(NOW - 15 * MINUTE), region: 'eu-west-9' }), EXPIRED)
})

const presignedAt = (time: number, expiresSeconds: number) =>
  parsed(presigned({ time, service: 'kms' }, expiresSeconds))
const PRESIGNED: readonly (readonly [string, number, number, string | undefined])[] = [
  ['in its last second', NOW - 60_000, 60, undefined],
  ['after six days of seven', NOW - 6 * 86_400_000, 604_800, undefined],
  ['at once', NOW, 1, undefined],
  ['5 minutes early', NOW + 5 * MINUTE, 60, undefined],
  [
    'past its minute',
    NOW - 61_000,
    60,
    'Signature expired: 20260301T121359Z is now earlier than 20260301T121400Z (20260301T121500Z - 1 min.)',
  ],
  [
    'past its 90 seconds',
    NOW - 91_000,
    90,
    'Signature expired: 20260301T121329Z is now earlier than 20260301T121330Z (20260301T121500Z - 90 sec.)',
  ],
  [
    'past its seven days',
    NOW - 604_801_000,
    604_800,
    'Signature expired: 20260222T121459Z is now earlier than 20260222T121500Z (20260301T121500Z - 10080 min.)',
  ],
  ['more than 5 minutes early', NOW + 15 * MINUTE, 60, FUTURE],
]
for (const [what, time, expiresSeconds, message] of PRESIGNED)
  test(`a presigned request used ${what} is ${message === undefined ? 'accepted' : 'refused'}`, () => {
    assert.equal(scopeRefusal(presignedAt(time, expiresSeconds)), message)
  })

test('an unknown key id or token, and an expired token, have the recorded texts', () => {
  assert.deepEqual(invalidToken(), {
    kind: 'error',
    code: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  })
  assert.deepEqual(expiredToken(), {
    kind: 'error',
    code: 'ExpiredTokenException',
    message: 'The security token included in the request is expired',
  })
})

test('what was signed is accepted, in either form, with and without a token', () => {
  for (const request of [signed(), signed({ sessionToken: 't' }), presigned(), presigned({ sessionToken: 't/+' })])
    assert.equal(verify(request), undefined)
})

test('a wrong signature is refused without any reason', () => {
  const wrong = withHeader(signed(), 'authorization', (value) => value.replace(/[0-9a-f]{64}$/, '0'.repeat(64)))
  assert.deepEqual(verify(wrong), { kind: 'error', code: 'InvalidSignatureException', message: MISMATCH })
})

const RESPELLED: readonly (readonly [string, (signature: string) => string])[] = [
  ['upper-case hex', (text) => text.toUpperCase()],
  ['a digit missing', (text) => text.slice(0, -1)],
  ['a digit more', (text) => `${text}0`],
  ['an odd character', (text) => `${text.slice(0, -1)}g`],
  [
    'a character that latin1 would cut to the right one',
    (text) => `${String.fromCharCode(text.charCodeAt(0) + 256)}${text.slice(1)}`,
  ],
  ['nothing but a blank', () => '\t'],
]
for (const [what, respell] of RESPELLED)
  test(`a signature with ${what} is refused`, () => {
    const request = signed()
    const authorization = parsed(request)
    const signature = respell(authorization.signature)
    const key = deriveSigningKey(SIGNER.secret, authorization)
    assert.equal(verifySignature(request, { ...authorization, signature }, key)?.message, MISMATCH)
  })

test('a key of another secret does not verify', () => {
  const authorization = parsed(signed())
  const key = deriveSigningKey(`${SIGNER.secret}x`, authorization)
  assert.equal(verifySignature(signed(), authorization, key)?.message, MISMATCH)
})

/** Signed as given, but with `name` added afterwards. */
const UNSIGNED_HEADERS = [
  ['x-amz-target', "'X-Amz-Target'", withoutHeader(listKeys(), 'x-amz-target')],
  ['x-amz-security-token', "'X-Amz-Security-Token'", listKeys()],
] as const
for (const [name, text, request] of UNSIGNED_HEADERS)
  for (const sign of [signRequest, (r: SignedRequest) => presignRequest(r, SIGNER, 60)])
    test(`${name} that is not signed is refused in the ${sign === signRequest ? 'header' : 'query'} form`, () => {
      const refused = verify(addHeader(sign(request, SIGNER), name, 'value'))
      const message = `${text} must be a 'SignedHeader' in the AWS Authorization.`
      assert.deepEqual(refused, { kind: 'error', code: 'InvalidSignatureException', message })
    })

test('x-amz-date that is not signed is refused in the header form, and of no meaning in the query form', () => {
  const unsigned = withHeader(signed(), 'authorization', (value) => value.replace('x-amz-date;', ''))
  assert.equal(verify(unsigned)?.message, "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.")
  assert.equal(verify(addHeader(presigned(), 'x-amz-date', '20200101T000000Z')), undefined)
})

test('a signed header that is absent does not verify, even when it was signed empty', () => {
  assert.equal(verify(withoutHeader(signed(), 'content-type'))?.message, MISMATCH)
  const empty = signRequest(addHeader(listKeys(), 'x-a', ''), SIGNER)
  assert.equal(verify(empty), undefined)
  assert.equal(verify(withoutHeader(empty, 'x-a'))?.message, MISMATCH)
})

test('headers that are not signed may change', () => {
  assert.equal(verify(addHeader(signed(), 'X-Forwarded-For', '192.0.2.1')), undefined)
  assert.equal(verify(addHeader(signed(), 'User-Agent', 'x')), undefined)
})

const OTHER_HASH = createHash('sha256').update('another body').digest('hex')
for (const declared of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', OTHER_HASH, ''])
  test(`x-amz-content-sha256 of '${declared}' is refused, though the signature covers it`, () => {
    const request = addHeader(listKeys(), 'x-amz-content-sha256', declared)
    assert.equal(verify(signRequest(request, SIGNER))?.message, MISMATCH)
  })

test('x-amz-content-sha256 that is the hash of the body is accepted, signed or not', () => {
  const right = createHash('sha256').update(listKeys().body).digest('hex')
  const request = addHeader(listKeys(), 'x-amz-content-sha256', right)
  assert.equal(verify(signRequest(request, SIGNER)), undefined)
  assert.equal(verify(addHeader(signed(), 'x-amz-content-sha256', right)), undefined)
})

test('a presigned request with a body added is refused', () => {
  assert.equal(verify({ ...presigned(), body: Buffer.from('Action=x') })?.message, MISMATCH)
})

const EXPLANATION = `

The Canonical String for this request should have been
'GET
/
Action=GetCallerIdentity&Version=2011-06-15
host:sts.amazonaws.com
x-amz-date:20260301T121500Z
x-amz-security-token:***

host;x-amz-date;x-amz-security-token
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

The String-to-Sign should have been
'AWS4-HMAC-SHA256
20260301T121500Z
20260301/us-east-1/kms/aws4_request
${'D'.repeat(64)}'
`

test('a mismatch can be explained as query services do, the token masked for the log', () => {
  const request = signRequest(getCallerIdentity(), { ...SIGNER, sessionToken: 'TOKEN' })
  const explanation = explainMismatch(request, parsed(request), { token: 'masked' })
  assert.equal(explanation.replace(/[0-9a-f]{64}'\n$/, `${'D'.repeat(64)}'\n`), EXPLANATION)
  assert.match(explainMismatch(request, parsed(request), { token: 'shown' }), /\nx-amz-security-token:TOKEN\n/)
})

test('neither token nor signature is in the explanation of a presigned request', () => {
  const request = presigned({ sessionToken: 'TOKEN/+=' })
  const explanation = explainMismatch(request, parsed(request), { token: 'masked' })
  assert.doesNotMatch(explanation, /TOKEN/)
  assert.doesNotMatch(explanation, new RegExp(parsed(request).signature))
  assert.match(explanation, /&X-Amz-Security-Token=\*\*\*&/)
})

test('the answer to a mismatch is explained only when asked for', () => {
  const wrong = withHeader(signed(), 'content-type', () => 'text/plain')
  assert.equal(verify(wrong)?.message, MISMATCH)
  const explained = verify(wrong, { explain: true })
  assert.equal(explained?.code, 'InvalidSignatureException')
  assert.ok(
    explained?.message?.startsWith(`${MISMATCH}\n\nThe Canonical String for this request should have been\n'POST\n`),
  )
})

test('signing what is no byte string is a mistake, and verifying it fails', () => {
  assert.throws(() => signRequest(addHeader(listKeys(), 'x-a', '\u0141'), SIGNER), TypeError)
  const request = signRequest(addHeader(listKeys(), 'x-a', 'A'), SIGNER)
  assert.equal(createJudge(SIGNER)(request), undefined)
  assert.equal(createJudge(SIGNER)(withHeader(request, 'x-a', () => '\u0141'))?.message, MISMATCH)
})
