import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAttestations, parseTrust } from '../../../src/hsm/process/attestation.ts'
import { envelopedData } from '../../../src/hsm/process/enveloped-data.ts'
import {
  type Chain,
  certify,
  claimsOf,
  documentOf,
  makeChain,
  makeRecipient,
  openSealed,
} from '../../support/attestation.ts'
import type { Encodable } from '../../support/cbor.ts'

const chain = makeChain()
const stranger = makeChain()
const recipient = makeRecipient()
const rooted = createAttestations([new X509Certificate(stranger.root.pem), new X509Certificate(chain.root.pem)])

function documentBy(
  over: Readonly<Record<string, Encodable>> = {},
  of: Chain = chain,
  key: KeyObject = of.leaf.key,
): Buffer {
  const claims = claimsOf(of, recipient.publicKey)
  for (const [name, value] of Object.entries(over)) claims.set(name, value)
  return documentOf(claims, key)
}

const verdict = async (document: Buffer, attestations = rooted, now = Date.now()) => {
  const answer = await attestations(document, now)
  return typeof answer === 'string' ? answer : 'genuine'
}

test('a document that leads to a root is genuine, again and again', async () => {
  for (let i = 0; i < 3; i += 1) assert.equal(await verdict(documentBy()), 'genuine')
  const key = await rooted(documentBy(), Date.now())
  assert.ok(typeof key !== 'string' && key.equals(recipient.publicKey))
})

const der = (certified: { readonly der: Uint8Array }) => certified.der
const notCa = certify({ name: 'not-ca', issuer: chain.root, isCa: false })
const belowNotCa = certify({ name: 'below', issuer: notCa, isCa: false })
const otherCurve = makeChain({ leaf: { curve: 'prime256v1' } })
const selfSigned = certify({ name: 'middle' })

const REFUSED: ReadonlyArray<readonly [string, () => Buffer]> = [
  ['signed by another key', () => documentBy({}, chain, stranger.leaf.key)],
  ['with the bundle in another order', () => documentBy({ cabundle: [der(chain.middle), der(chain.root)] })],
  ['without the issuer', () => documentBy({ cabundle: [der(chain.root)] })],
  ['without the root', () => documentBy({ cabundle: [der(chain.middle)] })],
  ['whose bundle begins with a stranger', () => documentBy({ cabundle: [der(stranger.root), der(chain.middle)] })],
  [
    'whose issuer has the right name and another key',
    () => documentBy({ cabundle: [der(chain.root), der(selfSigned)] }),
  ],
  ['whose leaf another issued', () => documentBy({ certificate: der(stranger.leaf) }, chain, stranger.leaf.key)],
  [
    'issued by what is no authority',
    () => documentBy({ cabundle: [der(chain.root), der(notCa)], certificate: der(belowNotCa) }, chain, belowNotCa.key),
  ],
  ['with bytes after a certificate', () => documentBy({ certificate: Buffer.concat([chain.leaf.der, Buffer.of(0)]) })],
  ['with a certificate that is none', () => documentBy({ certificate: Buffer.alloc(300, 0x30) })],
  ['that is older than five minutes', () => documentBy({ timestamp: Date.now() - 301_000 })],
  ['that is ahead by more than five minutes', () => documentBy({ timestamp: Date.now() + 330_000 })],
  ['with a public key that is none', () => documentBy({ public_key: Buffer.from('key') })],
  [
    'with an elliptic key',
    () =>
      documentBy({
        public_key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
          type: 'spki',
          format: 'der',
        }),
      }),
  ],
  [
    'with a short RSA key',
    () => documentBy({ public_key: makeRecipient(1024).publicKey.export({ type: 'spki', format: 'der' }) }),
  ],
]
for (const [what, document] of REFUSED)
  test(`a document ${what} is refused`, async () => assert.equal(await verdict(document()), 'invalidAttestation'))

test('a leaf of another curve is refused', async () => {
  const trusting = createAttestations([new X509Certificate(otherCurve.root.pem)])
  const document = documentOf(claimsOf(otherCurve, recipient.publicKey), otherCurve.leaf.key)
  assert.equal(await verdict(document, trusting), 'invalidAttestation')
})

for (const [who, over] of [
  ['leaf', { leaf: { days: '20200101000000Z 20200102000000Z' } }],
  ['issuer', { middle: { days: '20200101000000Z 20200102000000Z' } }],
  ['leaf of tomorrow', { leaf: { days: '20900101000000Z 20900102000000Z' } }],
] as const)
  test(`a document whose ${who} is out of its dates is refused, remembered or not`, async () => {
    const dated = makeChain(over)
    const trusting = createAttestations([new X509Certificate(dated.root.pem)])
    for (let i = 0; i < 2; i += 1) assert.equal(await verdict(documentBy({}, dated), trusting), 'invalidAttestation')
  })

test('no byte of a genuine document can be changed', async () => {
  const document = documentBy()
  await fc.assert(
    fc.asyncProperty(fc.nat(document.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const other = Buffer.from(document)
      other[at] = (other[at] ?? 0) ^ change
      assert.equal(await verdict(other), 'invalidAttestation')
    }),
    { numRuns: 150 },
  )
})

test('bytes of any kind are refused without throwing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
      for (const trust of [rooted, createAttestations('unrooted')])
        assert.equal(await verdict(Buffer.from(bytes), trust), 'invalidAttestation')
    }),
    { numRuns: 200 },
  )
})

test('without roots a document need only be signed by the key of its own certificate', async () => {
  const unrooted = createAttestations('unrooted')
  const old = documentBy({ timestamp: 1, cabundle: [der(stranger.root)] })
  assert.equal(await verdict(old, unrooted), 'genuine')
  assert.equal(await verdict(documentBy({}, chain, stranger.leaf.key), unrooted), 'invalidAttestation')
})

test('where nobody is trusted every document is refused as such', async () => {
  assert.equal(await verdict(documentBy(), createAttestations('nobody')), 'noAttestationRoot')
  assert.equal(parseTrust([]), 'nobody')
})

test('an argument that is no certificate makes no trust', () => {
  const root = `attestation-root=${Buffer.from(chain.root.der).toString('base64')}`
  assert.equal(parseTrust([root, 'attestation-root=AAAA']), undefined)
  assert.equal(parseTrust([root])?.length, 1)
})

test('OpenSSL opens what is sealed, of any length', () => {
  for (const length of [1, 15, 16, 32, 1024, 4096]) {
    const secret = Buffer.alloc(length, length)
    const sealed = envelopedData(recipient.publicKey, secret)
    assert.equal(sealed.includes(secret.subarray(0, 16)) && length > 16, false)
    assert.deepEqual(openSealed(sealed.toString('base64'), recipient.privateKey), secret)
  }
})
