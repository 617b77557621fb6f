import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { type ParsedAuthorization, parseAuthorization } from '../../src/sigv4/authorization.ts'
import { canonicalRequest, payloadHash } from '../../src/sigv4/canonical-request.ts'
import type { SignedRequest } from '../../src/sigv4/request.ts'
import { deriveSigningKey } from '../../src/sigv4/sign.ts'
import { verifySignature } from '../../src/sigv4/verify.ts'
import file from '../vectors/sigv4/signed-requests.json' with { type: 'json' }

const bytes = (text: string) => Buffer.from(text).toString('latin1')

function requestOf(vector: (typeof file.vectors)[number]): SignedRequest {
  const { method, path, rawQuery, rawHeaders, body } = vector
  return {
    method,
    path: bytes(path),
    rawQuery: bytes(rawQuery),
    rawHeaders: rawHeaders.map(bytes),
    body: Buffer.from(body),
  }
}

function parsed(request: SignedRequest): ParsedAuthorization {
  const result = parseAuthorization(request)
  if (isError(result)) throw new assert.AssertionError({ message: result.message ?? result.code })
  return result
}

for (const vector of file.vectors) {
  test(`the published signature of "${vector.name}" (${vector.origin}) is accepted`, () => {
    const request = requestOf(vector)
    const authorization = parsed(request)
    assert.equal(authorization.accessKeyId, file.accessKeyId)
    assert.equal(authorization.region, file.region)
    assert.equal(authorization.service, vector.service)
    assert.equal(authorization.timestamp, file.timestamp)
    const signingKey = deriveSigningKey(file.secret, authorization)
    assert.equal(verifySignature(request, authorization, signingKey), undefined)
  })

  test(`the request "${vector.name}" is refused under another secret, day, Region or service`, () => {
    const request = requestOf(vector)
    const authorization = parsed(request)
    const others = [
      deriveSigningKey(`${file.secret} `, authorization),
      deriveSigningKey(file.secret, { ...authorization, date: '20150831' }),
      deriveSigningKey(file.secret, { ...authorization, region: 'us-east-2' }),
      deriveSigningKey(file.secret, { ...authorization, service: 'other' }),
    ]
    for (const signingKey of others)
      assert.equal(verifySignature(request, authorization, signingKey)?.code, 'InvalidSignatureException')
  })
}

test('the signing key and the canonical request are those of the documented example', () => {
  const { derivation, secret, region, vectors } = file
  const key = deriveSigningKey(secret, { date: '20150830', region, service: derivation.service })
  assert.equal(key.toString('hex'), derivation.signingKey)
  const [example] = vectors
  assert.ok(example)
  const request = requestOf(example)
  const canonical = canonicalRequest(request, parsed(request), payloadHash(request.body))
  assert.equal(createHash('sha256').update(canonical).digest('hex'), derivation.canonicalRequestDigest)
})
