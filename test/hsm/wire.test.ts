import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KEY_BATCH_BYTES, KEY_FRAME_FIELDS_MAX, KEY_FRAME_MAX_BYTES } from '../../src/domain/limits.ts'
import {
  createBatch,
  createFrameDecoder,
  decodeFields,
  encodeFields,
  encodeFrame,
  type Frame,
} from '../../src/hsm/wire.ts'

type Whole = { readonly id: number; readonly tag: number; readonly fields: readonly Buffer[] }

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))
const frames = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 0xffff_ffff }),
    tag: fc.integer({ min: 0, max: 255 }),
    fields: fc.array(bytes(60), { maxLength: KEY_FRAME_FIELDS_MAX }),
  }),
  { maxLength: 8 },
)

const kept = ({ id, tag, fields }: Frame) => ({ id, tag, fields: fields?.map((field) => field.toString('hex')) })
const expected = (whole: readonly Whole[]) => whole.map(kept)

function decodeInPieces(stream: Buffer, cuts: readonly number[]) {
  const seen: ReturnType<typeof kept>[] = []
  const decode = createFrameDecoder((frame) => seen.push(kept(frame)))
  const ends = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b)
  let from = 0
  const isSound = ends.every((end) => {
    // A buffer that is overwritten afterwards, as the receiving ones are.
    const piece = Buffer.from(stream.subarray(from, end))
    from = end
    const sound = decode(piece)
    piece.fill(0xff)
    return sound
  })
  return { seen, isSound }
}

test('any split of the byte stream gives the same frames', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 12 }), (whole, cuts) => {
      const { seen, isSound } = decodeInPieces(Buffer.concat(whole.map(encodeFrame)), cuts)
      assert.ok(isSound)
      assert.deepEqual(seen, expected(whole))
    }),
  )
})

test('single bytes give the same frames', () => {
  const whole = [1, 2].map((id) => ({ id, tag: 7, fields: [Buffer.from('one'), Buffer.alloc(0)] }))
  const stream = Buffer.concat(whole.map(encodeFrame))
  assert.deepEqual(decodeInPieces(stream, [...stream.keys()]).seen, expected(whole))
})

test('a batch gives the frames that were added, in order and in one write', () => {
  fc.assert(
    fc.property(frames, (whole) => {
      const writes: Buffer[] = []
      const batch = createBatch((written, done) => {
        writes.push(Buffer.from(written))
        done()
      })
      for (const { id, tag, fields } of whole) assert.ok(batch.add(id, tag, fields))
      batch.flush()
      assert.equal(writes.length, whole.length === 0 ? 0 : 1)
      assert.deepEqual(decodeInPieces(Buffer.concat(writes), []).seen, expected(whole))
    }),
  )
})

test('what a batch wrote is wiped', () => {
  let written: Buffer = Buffer.alloc(0)
  const batch = createBatch((part, done) => {
    written = Buffer.from(part.buffer, part.byteOffset, part.length)
    done()
  })
  batch.add(1, 1, [Buffer.from('plaintext')])
  batch.flush()
  assert.ok(written.length > 9 && written.every((byte) => byte === 0))
})

test('a frame longer than a batch is written whole', () => {
  const writes: Buffer[] = []
  const batch = createBatch((part, done) => {
    writes.push(Buffer.from(part))
    done()
  })
  const fields = [Buffer.alloc(2 * KEY_BATCH_BYTES, 0x61)]
  batch.add(1, 1, [Buffer.from('short')])
  batch.add(2, 1, fields)
  batch.add(3, 1, [])
  batch.flush()
  const { seen } = decodeInPieces(Buffer.concat(writes), [])
  assert.deepEqual(
    seen.map(({ id }) => id),
    [1, 2, 3],
  )
})

test('a batch refuses a frame that no decoder would take', () => {
  const batch = createBatch(() => assert.fail('nothing may be written'))
  assert.equal(batch.add(1, 1, [Buffer.alloc(KEY_FRAME_MAX_BYTES)]), false)
  assert.equal(
    batch.add(
      1,
      1,
      Array.from({ length: KEY_FRAME_FIELDS_MAX + 1 }, () => Buffer.alloc(1)),
    ),
    false,
  )
  batch.flush()
})

const u32 = (value: number) => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

const impossible = [
  ['zero', 0],
  ['shorter than id and tag', 4],
  ['longer than the limit', KEY_FRAME_MAX_BYTES + 1],
  ['as long as it gets', 0xffff_ffff],
] as const
for (const [name, length] of impossible)
  test(`a frame of a length that is ${name} is refused, and so is all that follows`, () => {
    const seen: unknown[] = []
    const decode = createFrameDecoder((frame) => seen.push(frame))
    assert.equal(decode(Buffer.concat([u32(length), Buffer.alloc(5)])), false)
    assert.equal(decode(encodeFrame({ id: 1, tag: 1, fields: [] })), false)
    assert.deepEqual(seen, [])
  })

test('a length that arrives alone is refused before anything is buffered', () => {
  assert.equal(createFrameDecoder(() => {})(u32(KEY_FRAME_MAX_BYTES + 1)), false)
})

const malformed = [
  ['a field that reaches past the end', Buffer.concat([u32(2), Buffer.alloc(1)])],
  ['a field of impossible length', u32(0xffff_ffff)],
  ['half a length', Buffer.alloc(3)],
  ['a byte too many', Buffer.concat([u32(1), Buffer.alloc(2)])],
  ['too many fields', Buffer.concat(Array.from({ length: KEY_FRAME_FIELDS_MAX + 1 }, () => u32(0)))],
] as const
for (const [name, fields] of malformed)
  test(`fields with ${name} are refused`, () => {
    assert.equal(decodeFields(fields), undefined)
    const seen: Frame[] = []
    const decode = createFrameDecoder((frame) => seen.push(frame))
    assert.ok(decode(Buffer.concat([u32(5 + fields.length), u32(9), Buffer.of(1), fields])))
    assert.equal(seen[0]?.fields, undefined)
  })

test('garbage never throws and never gives a field outside the frame', () => {
  fc.assert(
    fc.property(bytes(200), fc.array(fc.nat(), { maxLength: 6 }), (garbage, cuts) => {
      const { seen } = decodeInPieces(garbage, cuts)
      const total = seen.flatMap(({ fields }) => fields ?? []).reduce((sum, field) => sum + field.length / 2, 0)
      assert.ok(total <= garbage.length)
    }),
  )
})

test('encoded fields decode to themselves, and no two lists encode alike', () => {
  const list = fc.array(bytes(20), { maxLength: KEY_FRAME_FIELDS_MAX })
  fc.assert(
    fc.property(list, list, (one, other) => {
      assert.deepEqual(
        decodeFields(encodeFields(one))?.map((field) => Buffer.from(field)),
        one,
      )
      const isSame = one.length === other.length && one.every((field, i) => other[i]?.equals(field))
      assert.equal(encodeFields(one).equals(encodeFields(other)), isSame)
    }),
  )
})
