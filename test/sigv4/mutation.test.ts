import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SignedRequest } from '../../src/sigv4/request.ts'
import { presignRequest, type Signer, signRequest } from '../../src/sigv4/sign.ts'
import { createJudge, getCallerIdentity, listKeys, presigned, SIGNER, signed } from './requests.ts'

const TOKEN_SIGNER: Signer = { ...SIGNER, sessionToken: 'TOKEN/+=' }

/** One signed string or byte of a request, and the request with another in its place. */
type Part = { readonly name: string; readonly bytes: Buffer; readonly put: (bytes: Buffer) => SignedRequest }

const text = (bytes: Buffer) => bytes.toString('latin1')
const bytesOf = (value: string) => Buffer.from(value, 'latin1')

function partsOf(request: SignedRequest): readonly Part[] {
  const { method, path, rawQuery, rawHeaders, body } = request
  return [
    { name: 'method', bytes: bytesOf(method), put: (bytes) => ({ ...request, method: text(bytes) }) },
    { name: 'path', bytes: bytesOf(path), put: (bytes) => ({ ...request, path: text(bytes) }) },
    { name: 'query', bytes: bytesOf(rawQuery), put: (bytes) => ({ ...request, rawQuery: text(bytes) }) },
    { name: 'body', bytes: Buffer.from(body), put: (bytes) => ({ ...request, body: bytes }) },
    ...rawHeaders.map((value, at) => ({
      name: at % 2 === 0 ? 'header name' : 'header value',
      bytes: bytesOf(value),
      put: (bytes: Buffer) => ({ ...request, rawHeaders: rawHeaders.with(at, text(bytes)) }),
    })),
  ]
}

const percentDecoded = (part: string) =>
  part.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`)))

function decodedPairs(rawQuery: string): string {
  const pairs = rawQuery.split('&').map((piece) => {
    const at = piece.indexOf('=')
    const parts = at < 0 ? [piece, ''] : [piece.slice(0, at), piece.slice(at + 1)]
    return JSON.stringify(parts.map((part) => percentDecoded(part)))
  })
  return pairs.sort().join()
}

/** Whether HTTP itself means the same by both texts: then the change may, and must, pass. */
function isSame(name: string, before: string, after: string): boolean {
  if (name === 'header name') return before.toLowerCase() === after.toLowerCase()
  if (name === 'header value') return before.replaceAll('\t', ' ') === after.replaceAll('\t', ' ')
  if (name === 'path') return posix.normalize(before) === posix.normalize(after)
  return name === 'query' && decodedPairs(before) === decodedPairs(after)
}

function assertChangesRefused(request: SignedRequest, signer: Signer, masks: readonly number[]): number {
  const judge = createJudge(signer)
  assert.equal(judge(request), undefined)
  let changes = 0
  for (const { name, bytes, put } of partsOf(request))
    for (let at = 0; at < bytes.length; at++)
      for (const mask of masks) {
        const changed = Buffer.from(bytes)
        changed[at] = (bytes[at] ?? 0) ^ mask
        const isAccepted = judge(put(changed)) === undefined
        if (isAccepted !== isSame(name, text(bytes), text(changed)))
          assert.fail(
            `${name} '${text(bytes)}' changed to '${text(changed)}' is ${isAccepted ? 'accepted' : 'refused'}`,
          )
        changes++
      }
  return changes
}

const EVERY_BYTE = Array.from({ length: 255 }, (_, i) => i + 1)
const EVERY_BIT = [1, 2, 4, 8, 16, 32, 64, 128]

const REQUESTS: readonly (readonly [string, SignedRequest, Signer, readonly number[]])[] = [
  ['a KMS request', signed(), SIGNER, EVERY_BYTE],
  ['a presigned request', presigned(), { ...SIGNER, service: 'sts' }, EVERY_BIT],
  [
    'a request with token, path, query, repeated and spaced headers',
    signRequest(
      listKeys({
        path: '/v1/a%20b',
        rawQuery: 'b=%2F&a=1&a=',
        rawHeaders: [...listKeys().rawHeaders, 'X-A', '1  2', 'X-A', '3 4'],
      }),
      TOKEN_SIGNER,
    ),
    TOKEN_SIGNER,
    EVERY_BIT,
  ],
  [
    'a presigned request with token and body',
    presignRequest({ ...getCallerIdentity(), method: 'POST', body: Buffer.from('a=1') }, TOKEN_SIGNER, 60),
    TOKEN_SIGNER,
    EVERY_BIT,
  ],
]
for (const [what, request, signer, masks] of REQUESTS)
  test(`each change of a byte of ${what} to ${masks.length} others is refused`, (t) => {
    t.diagnostic(`${assertChangesRefused(request, signer, masks)} changes`)
  })

test('a byte added to or taken from the body or the query is refused', () => {
  const judge = createJudge(SIGNER)
  const request = signed()
  for (let at = 0; at <= request.body.length; at++) {
    const [before, after] = [request.body.subarray(0, at), request.body.subarray(at)]
    assert.notEqual(judge({ ...request, body: Buffer.concat([before, Buffer.from(' '), after]) }), undefined)
    if (after.length > 0)
      assert.notEqual(judge({ ...request, body: Buffer.concat([before, after.subarray(1)]) }), undefined)
  }
  for (const rawQuery of ['a', '&', '=', 'X-Amz-Signature=0'])
    assert.notEqual(judge({ ...request, rawQuery }), undefined)
})

test('a signed header repeated, dropped or moved between equal names is refused', () => {
  const judge = createJudge(SIGNER)
  const { rawHeaders, ...rest } = signRequest(
    listKeys({ rawHeaders: [...listKeys().rawHeaders, 'X-A', '1', 'X-A', '2'] }),
    SIGNER,
  )
  assert.equal(judge({ ...rest, rawHeaders }), undefined)
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const pair = rawHeaders.slice(at, at + 2)
    assert.notEqual(judge({ ...rest, rawHeaders: [...rawHeaders, ...pair] }), undefined)
    assert.notEqual(judge({ ...rest, rawHeaders: rawHeaders.toSpliced(at, 2) }), undefined)
  }
  const first = rawHeaders.indexOf('X-A')
  assert.notEqual(judge({ ...rest, rawHeaders: rawHeaders.with(first + 1, '2').with(first + 3, '1') }), undefined)
})

const latin1 = (min: number, max: number, excluded = '') =>
  fc
    .integer({ min, max })
    .map((code) => String.fromCharCode(code))
    .filter((char) => !excluded.includes(char))
const textOf = (char: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(char, { maxLength }).map((chars) => chars.join(''))

const pathArbitrary = textOf(fc.oneof(latin1(0x21, 0xff, '?#'), fc.constantFrom('/', '.', '%', '%2F')), 20)
const queryArbitrary = textOf(fc.oneof(latin1(0x21, 0xff, '#'), fc.constantFrom('&', '=', '+', '%41', '%')), 24)
const nameArbitrary = textOf(fc.constantFrom('a', 'B', 'c', '-', '_', '1'), 4).map((suffix) => `x-${suffix}`)
const valueArbitrary = textOf(fc.oneof(latin1(0x20, 0xff, '\x7f'), fc.constantFrom(' ', '\t')), 16)
const headersArbitrary = fc
  .array(fc.tuple(nameArbitrary, valueArbitrary), { maxLength: 8 })
  .map((pairs) => pairs.flat())
const requestArbitrary: fc.Arbitrary<SignedRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: pathArbitrary.map((path) => `/${path}`),
  rawQuery: queryArbitrary,
  rawHeaders: headersArbitrary.map((headers) => ['Host', 'localhost', ...headers]),
  body: fc.uint8Array({ maxLength: 40 }),
})
const signerArbitrary = fc.record({
  sessionToken: fc.option(textOf(latin1(0x21, 0x7e), 12), { nil: undefined }),
  secret: textOf(latin1(0x21, 0x7e), 40),
  region: fc.constantFrom('us-east-1', 'eu-central-1'),
  service: fc.constantFrom('kms', 'iam', 'sts'),
})
type Changes = Pick<Signer, 'secret' | 'region' | 'service'> & { readonly sessionToken: string | undefined }
const signerOf = ({ sessionToken, ...rest }: Changes): Signer => ({
  ...SIGNER,
  ...rest,
  ...(sessionToken === undefined ? {} : { sessionToken }),
})
const formArbitrary = fc.constantFrom('header', 'query')
const signAs = (form: string, request: SignedRequest, signer: Signer) =>
  form === 'header' ? signRequest(request, signer) : presignRequest(request, signer, 60)

test('whatever is signed is accepted', () => {
  fc.assert(
    fc.property(requestArbitrary, signerArbitrary, formArbitrary, (request, changes, form) => {
      const signer = signerOf(changes)
      assert.equal(createJudge(signer)(signAs(form, request, signer)), undefined)
    }),
    { numRuns: 1000 },
  )
})

test('whatever is signed is refused under another secret', () => {
  fc.assert(
    fc.property(requestArbitrary, signerArbitrary, formArbitrary, (request, changes, form) => {
      const signer = signerOf(changes)
      const judge = createJudge({ ...signer, secret: `${signer.secret}x` })
      assert.equal(judge(signAs(form, request, signer))?.code, 'InvalidSignatureException')
    }),
    { numRuns: 300 },
  )
})

test('whatever is signed is refused with one bit flipped', () => {
  const place = fc.record({ part: fc.nat(), at: fc.nat(), bit: fc.nat(7) })
  fc.assert(
    fc.property(
      requestArbitrary,
      signerArbitrary,
      formArbitrary,
      place,
      (unsigned, changes, form, { part, at, bit }) => {
        const signer = signerOf(changes)
        const request = signAs(form, unsigned, signer)
        const parts = partsOf(request).filter(({ bytes }) => bytes.length > 0)
        const chosen = parts[part % parts.length]
        assert.ok(chosen)
        const flipped = Buffer.from(chosen.bytes)
        const index = at % flipped.length
        flipped[index] = (flipped[index] ?? 0) ^ (1 << bit)
        fc.pre(!isSame(chosen.name, text(chosen.bytes), text(flipped)))
        assert.notEqual(createJudge(signer)(chosen.put(flipped)), undefined)
      },
    ),
    { numRuns: 3000 },
  )
})
