import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalPath, canonicalRequest, payloadHash, stringToSign } from '../../src/sigv4/canonical-request.ts'
import { canonicalHeaders, headerValue } from '../../src/sigv4/headers.ts'
import { formatInstant, parseInstant } from '../../src/sigv4/instant.ts'
import { canonicalQuery } from '../../src/sigv4/query.ts'
import { listKeys } from './requests.ts'

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const PATHS = [
  ['', '/'],
  ['/', '/'],
  ['//', '/'],
  ['/./', '/'],
  ['/a/../..', '/'],
  ['/a/b/../c', '/a/c'],
  ['/a//b/', '/a/b/'],
  ['/a b', '/a%20b'],
  ['/a%20b', '/a%2520b'],
  ['/a%2fb', '/a%252fb'],
  ['/%2e%2e/a', '/%252e%252e/a'],
  ['/-._~', '/-._~'],
  ['/\xc3\xa9', '/%C3%A9'],
  ['/a+b=c', '/a%2Bb%3Dc'],
  ['*', '%2A'],
  ['.', '.'],
  ['http://h/', 'http%3A%2F%2Fh%2F'],
] as const
for (const [path, canonical] of PATHS)
  test(`the canonical path of '${path}' is '${canonical}'`, () => assert.equal(canonicalPath(path), canonical))

const QUERIES = [
  ['', ''],
  ['b=2&a=1', 'a=1&b=2'],
  ['a=2&a=1&a=', 'a=&a=1&a=2'],
  ['a', 'a='],
  ['a-b=1&a=2', 'a=2&a-b=1'],
  ['B=1&a=1', 'B=1&a=1'],
  ['a==b', 'a=%3Db'],
  ['a=x y', 'a=x%20y'],
  ['a=x+y', 'a=x%2By'],
  ['a=%7e%2d', 'a=~-'],
  ['a=%2f', 'a=%2F'],
  ['a=%zz%', 'a=%25zz%25'],
  ['\xe1\x88\xb4=1', '%E1%88%B4=1'],
  ['a=1&&b', '=&a=1&b='],
  ['__proto__=1&constructor=2', '__proto__=1&constructor=2'],
] as const
for (const [query, canonical] of QUERIES)
  test(`the canonical query of '${query}' is '${canonical}'`, () => {
    assert.equal(canonicalQuery(query, 'header'), canonical)
    assert.equal(canonicalQuery(query, 'query'), canonical)
  })

test('X-Amz-Signature is left out in the query form, and only there', () => {
  assert.equal(canonicalQuery('b=1&X-Amz-Signature=x&a=1', 'query'), 'a=1&b=1')
  assert.equal(canonicalQuery('b=1&X-Amz-Signature=x&a=1', 'header'), 'X-Amz-Signature=x&a=1&b=1')
  assert.equal(canonicalQuery('x-amz-signature=x', 'query'), 'x-amz-signature=x')
})

const HEADERS = [
  [['Host', 'h'], 'host', 'h'],
  [['X-A', '  a  b\t\tc '], 'x-a', 'a b c'],
  [['x-a', '1', 'X-B', 'no', 'X-A', '2', 'x-a', '1'], 'x-a', '1,2,1'],
  [['X-A', ''], 'x-a', ''],
  [['X-A', 'a\xa0b\xa0'], 'x-a', 'a\xa0b\xa0'],
  [['X-AB', 'no'], 'x-a', undefined],
  [[':authority', 'h2'], 'host', 'h2'],
  [['__proto__', 'p'], '__proto__', 'p'],
  [[], 'constructor', undefined],
] as const
for (const [rawHeaders, name, value] of HEADERS)
  test(`header ${name} of ${JSON.stringify(rawHeaders)} is ${JSON.stringify(value)}`, () => {
    assert.equal(headerValue(rawHeaders, name), value)
    assert.equal(canonicalHeaders(rawHeaders, [name]), value === undefined ? `${name}\n` : `${name}:${value}\n`)
  })

test('the canonical request has its six parts, an empty line before the signed names', () => {
  const request = listKeys({ rawQuery: 'b=1&a=2', path: '/x y' })
  const canonical = canonicalRequest(request, { form: 'header', signedHeaders: ['host', 'x-amz-target'] }, EMPTY)
  const headers = 'host:localhost:4599\nx-amz-target:TrentService.ListKeys\n'
  assert.equal(canonical, `POST\n/x%20y\na=2&b=1\n${headers}\nhost;x-amz-target\n${EMPTY}`)
})

test('the hash of the body is that of its bytes', () => {
  assert.equal(payloadHash(Buffer.alloc(0)), EMPTY)
  assert.notEqual(payloadHash(Buffer.from([0])), EMPTY)
})

const SCOPE = {
  form: 'header',
  signedHeaders: ['host'],
  date: '20260301',
  region: 'r',
  service: 's',
  timestamp: '20260301T121500Z',
} as const

test('bytes above 127 are hashed as received, not as UTF-8 of them', () => {
  const lines = stringToSign('\xe9', SCOPE)?.split('\n')
  assert.deepEqual(lines?.slice(0, 3), ['AWS4-HMAC-SHA256', '20260301T121500Z', '20260301/r/s/aws4_request'])
  assert.equal(lines?.[3], payloadHash(Uint8Array.of(0xe9)))
})

test('a character that is no byte has no string to sign, so that it cannot pass for the byte it would be cut to', () => {
  assert.notEqual(stringToSign('A', SCOPE), undefined)
  assert.equal(stringToSign('\u0141', SCOPE), undefined)
})

const INSTANTS = ['20260301T121500Z', '20240229T235959Z', '19700101T000000Z', '20261231T000000Z']
for (const text of INSTANTS)
  test(`${text} is read and written alike`, () => assert.equal(formatInstant(parseInstant(text) ?? Number.NaN), text))

const NO_INSTANTS = [
  '',
  '20260301T121500',
  '20260301t121500Z',
  '20260301T121500z',
  '20260301 121500Z',
  '20261301T121500Z',
  '20260001T121500Z',
  '20260300T121500Z',
  '20260431T121500Z',
  '20250229T121500Z',
  '20260301T240000Z',
  '20260301T126000Z',
  '20260301T121560Z',
  '2026030 T121500Z',
  '-2260301T121500Z',
  '2026030/T121500Z',
  '2026030:T121500Z',
  '00500301T121500Z',
  ' 20260301T121500Z',
  '20260301T121500Z\n',
]
for (const text of NO_INSTANTS)
  test(`${JSON.stringify(text)} is no instant`, () => assert.equal(parseInstant(text), undefined))
