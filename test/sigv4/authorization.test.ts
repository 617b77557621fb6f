import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isError, isErrorCode } from '../../src/domain/error.ts'
import { HEADER_LINES_MAX, REQUEST_HEADERS_MAX_BYTES, SIGNED_HEADERS_MAX } from '../../src/domain/limits.ts'
import { parseAuthorization, readCredential } from '../../src/sigv4/authorization.ts'
import type { SignedRequest } from '../../src/sigv4/request.ts'
import { addHeader, listKeys, NOW, presigned, signed, withHeader, withoutHeader } from './requests.ts'

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const CREDENTIAL = 'AKIAIOSFODNN7EXAMPLE/20260301/us-east-1/kms/aws4_request'
const SIGNATURE = 'f'.repeat(64)
const COMPLETE = `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=${SIGNATURE}`

const withAuthorization = (value: string) => withHeader(signed(), 'authorization', () => value)
const replaced = (from: string | RegExp, to: string) => withAuthorization(COMPLETE.replace(from, to))
const queryReplaced = (from: string | RegExp, to: string): SignedRequest => {
  const request = presigned()
  return { ...request, rawQuery: request.rawQuery.replace(from, to) }
}
const dated = (text: string) => withHeader(withAuthorization(COMPLETE), 'x-amz-date', () => text)

const needs = (part: string) => `Authorization header requires '${part}' parameter.`
const needsDate = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
const queryNeeds = (name: string) => `AWS query-string parameters must include '${name}'.`
const reexamine = 'Re-examine the query-string parameters.'
const notBasic = (text: string) =>
  `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`
const notFive = (text: string) =>
  `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`
const hostUnsigned = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."

/** What is wrong, the request, and the exact answer. Source: Signature Version 4 troubleshooting; recorded answers. */
const REFUSALS: readonly (readonly [string, SignedRequest, string, string])[] = [
  ['no signature at all', listKeys(), 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
  [
    'an empty Authorization header',
    withAuthorization(''),
    'MissingAuthenticationTokenException',
    'Missing Authentication Token',
  ],
  [
    'a signature in header and query',
    addHeader(presigned(), 'authorization', COMPLETE),
    'InvalidSignatureException',
    MISMATCH,
  ],
  [
    'another scheme in header and a signature in the query',
    addHeader(presigned(), 'authorization', 'Basic abc'),
    'InvalidSignatureException',
    MISMATCH,
  ],
  [
    'a basic login',
    withAuthorization('Basic dXNlcjpwdw=='),
    'IncompleteSignatureException',
    "Unsupported AWS 'algorithm': 'Basic'.",
  ],
  [
    'Signature Version 4A',
    replaced('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'),
    'IncompleteSignatureException',
    "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
  ],
  [
    'the algorithm in lower case',
    replaced('AWS4-HMAC-SHA256', 'aws4-hmac-sha256'),
    'IncompleteSignatureException',
    "Unsupported AWS 'algorithm': 'aws4-hmac-sha256'.",
  ],
  [
    'another algorithm in the query',
    queryReplaced('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA1'),
    'MissingAuthenticationTokenException',
    'Missing Authentication Token',
  ],
  [
    'a part without equal-sign',
    withAuthorization('AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders'),
    'IncompleteSignatureException',
    "'SignedHeaders' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders'.",
  ],
  [
    'a trailing comma',
    withAuthorization('AWS4-HMAC-SHA256 Signature=abc,'),
    'IncompleteSignatureException',
    "'' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Signature=abc,'.",
  ],
  [
    'a part without equal-sign beside a whole signature, which is not repeated',
    replaced('Credential=', 'Credential:'),
    'IncompleteSignatureException',
    `'Credential:${CREDENTIAL}' not a valid key=value pair (missing equal-sign) in Authorization header: '${COMPLETE.replace('Credential=', 'Credential:').replace(SIGNATURE, '*'.repeat(64))}'.`,
  ],
  [
    'no Credential',
    replaced(/Credential=[^,]*, /, ''),
    'IncompleteSignatureException',
    `${needs('Credential')} Authorization=AWS4-HMAC-SHA256`,
  ],
  [
    'an empty Credential',
    replaced(/Credential=[^,]*/, 'Credential='),
    'IncompleteSignatureException',
    `${needs('Credential')} Authorization=AWS4-HMAC-SHA256`,
  ],
  [
    'no Signature',
    replaced(/, Signature=.*/, ''),
    'IncompleteSignatureException',
    `${needs('Signature')} Authorization=AWS4-HMAC-SHA256`,
  ],
  [
    'no SignedHeaders',
    replaced(/SignedHeaders=[^,]*, /, ''),
    'IncompleteSignatureException',
    `${needs('SignedHeaders')} Authorization=AWS4-HMAC-SHA256`,
  ],
  [
    'no date',
    withoutHeader(withAuthorization(COMPLETE), 'x-amz-date'),
    'IncompleteSignatureException',
    `${needsDate} Authorization=AWS4-HMAC-SHA256`,
  ],
  [
    'the algorithm alone and no date: every part is listed',
    withoutHeader(withAuthorization('AWS4-HMAC-SHA256'), 'x-amz-date'),
    'IncompleteSignatureException',
    `${needs('Credential')} ${needs('Signature')} ${needs('SignedHeaders')} ${needsDate} Authorization=AWS4-HMAC-SHA256`,
  ],
  ...['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'X-Amz-Signature'].map(
    (name) =>
      [
        `no ${name} in the query`,
        queryReplaced(new RegExp(`&${name}=[^&]*`), ''),
        'IncompleteSignatureException',
        `${queryNeeds(name)} ${reexamine}`,
      ] as const,
  ),
  [
    'only the algorithm in the query: every part is listed',
    { ...presigned(), rawQuery: 'X-Amz-Algorithm=AWS4-HMAC-SHA256' },
    'IncompleteSignatureException',
    `${queryNeeds('X-Amz-Credential')} ${queryNeeds('X-Amz-Signature')} ${queryNeeds('X-Amz-SignedHeaders')} ${queryNeeds('X-Amz-Date')} ${queryNeeds('X-Amz-Expires')} ${reexamine}`,
  ],
  ['no signed host', replaced('host;', ''), 'InvalidSignatureException', hostUnsigned],
  ['a signed host in capitals', replaced('host;', 'Host;'), 'InvalidSignatureException', hostUnsigned],
  [
    'no signed host in the query',
    queryReplaced('SignedHeaders=host', 'SignedHeaders=via'),
    'InvalidSignatureException',
    hostUnsigned,
  ],
  [
    'a date with dashes',
    dated('2026-03-01T12:15:00Z'),
    'IncompleteSignatureException',
    notBasic('2026-03-01T12:15:00Z'),
  ],
  [
    'a day that does not exist',
    dated('20260230T121500Z'),
    'IncompleteSignatureException',
    notBasic('20260230T121500Z'),
  ],
  [
    'an hour that does not exist',
    dated('20260301T241500Z'),
    'IncompleteSignatureException',
    notBasic('20260301T241500Z'),
  ],
  [
    'two dates',
    addHeader(withAuthorization(COMPLETE), 'x-amz-date', '20260301T121500Z'),
    'IncompleteSignatureException',
    notBasic('20260301T121500Z,20260301T121500Z'),
  ],
  [
    'a Date header in the HTTP format',
    addHeader(withoutHeader(withAuthorization(COMPLETE), 'x-amz-date'), 'Date', 'Sun, 01 Mar 2026 12:15:00 GMT'),
    'IncompleteSignatureException',
    notBasic('Sun, 01 Mar 2026 12:15:00 GMT'),
  ],
  [
    'a query date with dashes',
    queryReplaced('20260301T121500Z', '2026-03-01'),
    'IncompleteSignatureException',
    notBasic('2026-03-01'),
  ],
  [
    'a credential of four elements',
    replaced('/aws4_request', ''),
    'IncompleteSignatureException',
    notFive('AKIAIOSFODNN7EXAMPLE/20260301/us-east-1/kms'),
  ],
  [
    'a credential of six elements',
    replaced('/aws4_request', '/aws4_request/'),
    'IncompleteSignatureException',
    notFive(`${CREDENTIAL}/`),
  ],
  ['a credential of one element', replaced(CREDENTIAL, 'test'), 'IncompleteSignatureException', notFive('test')],
  [
    'a credential of four elements in the query',
    queryReplaced('%2Faws4_request', ''),
    'IncompleteSignatureException',
    notFive('AKIAIOSFODNN7EXAMPLE/20260301/us-east-1/sts'),
  ],
  ['two Signatures', withAuthorization(`${COMPLETE}, Signature=${SIGNATURE}`), 'InvalidSignatureException', MISMATCH],
  [
    'two Authorization headers',
    addHeader(withAuthorization(COMPLETE), 'authorization', COMPLETE),
    'InvalidSignatureException',
    MISMATCH,
  ],
  [
    'two X-Amz-Signatures',
    { ...presigned(), rawQuery: `${presigned().rawQuery}&X-Amz-Signature=${SIGNATURE}` },
    'InvalidSignatureException',
    MISMATCH,
  ],
]

for (const [what, request, code, message] of REFUSALS)
  test(`${what} is answered with ${code} and AWS's text`, () => {
    assert.deepEqual(parseAuthorization(request), { kind: 'error', code, message })
    assert.deepEqual(parseAuthorization(request, NOW), { kind: 'error', code, message })
  })

const UNSIGNED: ReadonlySet<string> = new Set(['no signature at all', 'an empty Authorization header'])
for (const [what, request, code, message] of REFUSALS)
  test(`readCredential ${UNSIGNED.has(what) ? 'leaves to its caller' : 'refuses in the same words'}: ${what}`, () => {
    assert.deepEqual(readCredential(request), UNSIGNED.has(what) ? undefined : { kind: 'error', code, message })
  })

for (const expires of ['0', '604801', '-1', '1.5', '60s', '1e3', '0060000', '%2060'])
  test(`X-Amz-Expires of '${decodeURIComponent(expires)}' is refused`, () => {
    const refused = parseAuthorization(queryReplaced('X-Amz-Expires=60', `X-Amz-Expires=${expires}`))
    assert.deepEqual(refused, {
      kind: 'error',
      code: 'IncompleteSignatureException',
      message: `X-Amz-Expires must be a number of seconds between 1 and 604800, got '${decodeURIComponent(expires)}'`,
    })
  })

for (const expires of [1, 604_800])
  test(`X-Amz-Expires of ${expires} seconds is read`, () => {
    const parsed = parseAuthorization(presigned({}, expires))
    assert.ok(!isError(parsed))
    assert.equal(parsed.expiresSeconds, expires)
  })

const ORDER: readonly (readonly [string, SignedRequest, RegExp])[] = [
  [
    'an unsupported algorithm before a part without equal-sign',
    withAuthorization('Bearer x'),
    /^Unsupported AWS 'algorithm'/,
  ],
  [
    'a part without equal-sign before missing parts',
    withAuthorization('AWS4-HMAC-SHA256 x'),
    /^'x' not a valid key=value pair/,
  ],
  [
    'missing parts before an unsigned host',
    replaced(/Credential=[^,]*, SignedHeaders=host/, 'SignedHeaders=x'),
    /'Credential'/,
  ],
  ['an unsigned host before a malformed date', withHeader(replaced('host;', ''), 'x-amz-date', () => 'x'), /^'Host'/],
  [
    'a malformed date before a malformed credential',
    withHeader(replaced('/aws4_request', ''), 'x-amz-date', () => 'x'),
    /^Date must be/,
  ],
  [
    'an expired signature before a malformed credential',
    withHeader(replaced('/aws4_request', ''), 'x-amz-date', () => '20260301T120000Z'),
    /^Signature expired/,
  ],
]
for (const [order, request, message] of ORDER)
  test(`${order} is answered`, () => {
    const refused = parseAuthorization(request, NOW)
    assert.ok(isError(refused))
    assert.match(refused.message ?? '', message)
  })

test('the header form is read in full', () => {
  const request = signed({ sessionToken: 'TOKEN' })
  assert.deepEqual(parseAuthorization(withHeader(request, 'authorization', () => COMPLETE)), {
    form: 'header',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    date: '20260301',
    region: 'us-east-1',
    service: 'kms',
    terminator: 'aws4_request',
    signedHeaders: ['host', 'x-amz-date'],
    signature: SIGNATURE,
    timestamp: '20260301T121500Z',
    signedAt: NOW,
    sessionToken: 'TOKEN',
    expiresSeconds: undefined,
  })
})

test('the parts of the header may follow each other without spaces and in any order', () => {
  const compact = `AWS4-HMAC-SHA256 Signature=${SIGNATURE},SignedHeaders=host;x-amz-date,Credential=${CREDENTIAL}`
  assert.deepEqual(parseAuthorization(withAuthorization(compact)), parseAuthorization(withAuthorization(COMPLETE)))
})

test('the query form is read in full, its token from the query alone', () => {
  const parsed = parseAuthorization(addHeader(presigned({ sessionToken: 'a/b+c=' }), 'X-Amz-Security-Token', 'other'))
  assert.ok(!isError(parsed))
  assert.equal(parsed.form, 'query')
  assert.equal(parsed.service, 'sts')
  assert.equal(parsed.sessionToken, 'a/b+c=')
  assert.equal(parsed.expiresSeconds, 60)
})

test('the Date header serves when there is no X-Amz-Date, and only then', () => {
  const both = addHeader(withAuthorization(COMPLETE), 'Date', '20200101T000000Z')
  const one = parseAuthorization(withoutHeader(both, 'x-amz-date'))
  const two = parseAuthorization(both)
  assert.ok(!isError(one) && !isError(two))
  assert.equal(one.timestamp, '20200101T000000Z')
  assert.equal(two.timestamp, '20260301T121500Z')
})

test('readCredential names who a signed request says it is from', () => {
  const expected = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', region: 'us-east-1', service: 'kms', sessionToken: undefined }
  assert.deepEqual(readCredential(signed()), expected)
  assert.deepEqual(readCredential(presigned({ sessionToken: 't' })), { ...expected, service: 'sts', sessionToken: 't' })
})

test('names of object internals are names like any other', () => {
  const request = withAuthorization(`AWS4-HMAC-SHA256 __proto__=x, constructor=y, toString=z`)
  const refused = parseAuthorization(request)
  assert.ok(isError(refused))
  assert.match(refused.message ?? '', /'Credential' parameter.*'Signature' parameter.*'SignedHeaders' parameter/)
  assert.equal(readCredential({ ...listKeys(), rawQuery: '__proto__=x&constructor' }), undefined)
})

const manyHeaders = Array.from({ length: HEADER_LINES_MAX }, (_, i) => [`x-${i}`, 'v']).flat()
const manyNames = `host;${Array.from({ length: SIGNED_HEADERS_MAX }, (_, i) => `x-${i}`).join(';')}`
const OVERSIZED: readonly (readonly [string, SignedRequest])[] = [
  ['headers beyond the limit', { ...signed(), rawHeaders: [...signed().rawHeaders, ...manyHeaders] }],
  ['a header beyond the limit', addHeader(signed(), 'x-long', 'v'.repeat(REQUEST_HEADERS_MAX_BYTES))],
  ['a query beyond the limit', { ...signed(), rawQuery: 'q'.repeat(REQUEST_HEADERS_MAX_BYTES + 1) }],
  ['a path beyond the limit', { ...signed(), path: `/${'p'.repeat(REQUEST_HEADERS_MAX_BYTES)}` }],
  ['signed headers beyond the limit', replaced('host;x-amz-date', manyNames)],
]
for (const [what, request] of OVERSIZED)
  test(`${what} are refused before anything is computed`, () => {
    for (const refused of [parseAuthorization(request), readCredential(request)]) {
      assert.ok(isError(refused))
      assert.equal(refused.code, 'RequestEntityTooLargeException')
    }
  })

test('any Authorization header, query and date are parsed or refused, and never thrown on', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom(COMPLETE, presigned().rawQuery))
  const piece = fc.constantFrom(
    'AWS4-HMAC-SHA256',
    ' ',
    ',',
    '=',
    '/',
    ';',
    'Credential',
    'host',
    '%',
    '&',
    'X-Amz-Date',
  )
  const mixed = fc.array(fc.oneof(piece, text), { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(mixed, mixed, mixed, (authorization, rawQuery, date) => {
      const rawHeaders = ['host', 'h', 'authorization', authorization, 'x-amz-date', date]
      const result = parseAuthorization({ ...listKeys(), rawQuery, rawHeaders }, NOW)
      if (isError(result)) assert.ok(isErrorCode(result.code) && (result.message ?? '').length > 0)
      else assert.ok(result.signedHeaders.includes('host'))
    }),
    { numRuns: 2000 },
  )
})
