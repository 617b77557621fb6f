import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { KEY_FRAME_MAX_BYTES } from '../../src/domain/limits.ts'
import { createEphemeralRootKey } from '../../src/hsm/client.ts'
import { OPS, REPLIES } from '../../src/hsm/wire.ts'
import { startRaw } from './raw-process.ts'
import { ok } from './usable-key.ts'

const rootKey = ok(createEphemeralRootKey())
after(() => rootKey[Symbol.dispose]())
const raw = startRaw(rootKey.fd)
after(() => raw[Symbol.dispose]())
await raw.hello

const known = new Set<number>(Object.values(OPS))

test('an operation that is not in the table is refused', async () => {
  for (let tag = 0; tag < 256; tag++)
    if (!known.has(tag)) assert.equal((await raw.send(tag, [])).code, REPLIES.refused, `tag ${tag}`)
})

test('every operation with a field too few or too many is refused', async () => {
  for (const tag of known)
    for (const count of [0, 8, 9]) {
      const { code, fields } = await raw.send(
        tag,
        Array.from({ length: count }, () => Buffer.alloc(4)),
      )
      assert.equal(code, REPLIES.refused, `tag ${tag} with ${count} fields`)
      assert.deepEqual(fields, [])
    }
})

test('fields that do not fill their frame are refused', async () => {
  for (const tag of known)
    for (const body of [Buffer.of(0), Buffer.of(0, 0, 0, 2, 0), Buffer.of(0, 0, 0, 1, 0, 0), Buffer.alloc(5, 0xff)])
      assert.equal((await raw.sendBody(tag, body)).code, REPLIES.refused, `tag ${tag}`)
})

test('garbage in the fields of any operation is answered with a code and nothing else', async () => {
  const field = fc.uint8Array({ maxLength: 80 })
  const request = fc.tuple(fc.constantFrom(...known), fc.array(field, { maxLength: 8 }))
  const silent = new Set<number>([OPS.generateRandom, OPS.makeDomainKey, OPS.createSecret, OPS.signGrantToken])
  await fc.assert(
    fc.asyncProperty(request, async ([tag, fields]) => {
      const reply = await raw.send(tag, fields)
      if (silent.has(tag)) return
      assert.notEqual(reply.code, REPLIES.ok)
      assert.deepEqual(reply.fields, [])
    }),
    { numRuns: 400 },
  )
})

const domains = ['', 'US-EAST-1', 'us_east_1', 'us-east-1\n', 'a'.repeat(65), 'ü']
for (const domain of domains)
  test(`no domain key is made for ${JSON.stringify(domain)}`, async () => {
    assert.equal((await raw.ask('makeDomainKey', [Buffer.from(domain)])).code, REPLIES.refused)
  })

test('a stream that cannot be frames ends the process', async () => {
  using other = startRaw(rootKey.fd)
  await other.hello
  const length = Buffer.alloc(4)
  length.writeUInt32BE(KEY_FRAME_MAX_BYTES + 1)
  other.sendBytes(length)
  assert.equal(await other.exited, 1)
})
