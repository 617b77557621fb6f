import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromBase64, looksLikeBase64, toBase64 } from '../../../src/cli/crypt/base64.ts'
import { failureIn } from '../../../src/cli/failure.ts'

async function* each(chunks: readonly Uint8Array[]): AsyncIterable<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}
const joined = async (chunks: AsyncIterable<Buffer>) => Buffer.concat(await Array.fromAsync(chunks))
const chunksOf = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, i) => Buffer.from(text.slice(i * size, (i + 1) * size)))

test('what becomes base64 comes back, however it is cut into chunks', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 200 })),
      fc.integer({ min: 1, max: 90 }),
      async (chunks, size) => {
        const text = (await joined(toBase64(each(chunks)))).toString()
        assert.ok(text.split('\n').every((line) => line.length <= 76))
        assert.deepEqual(await joined(fromBase64(each(chunksOf(text, size)))), Buffer.concat(chunks))
      },
    ),
  ))

const REFUSED = ['AAA', 'AAAA=', 'AA==AAAA', 'AA=A', 'A===', '====', 'AA-_', 'AAAAA', 'AA==\nAA==', 'é']
for (const text of REFUSED)
  for (const size of [1, 4, 100])
    test(`${JSON.stringify(text)} is not base64, in chunks of ${size}`, async () => {
      await assert.rejects(joined(fromBase64(each(chunksOf(text, size)))), (cause) => failureIn(cause) !== undefined)
    })

for (const [head, verdict] of [
  ['QUJD\n', true],
  ['QUJ', true],
  ['', false],
  [' \n', false],
  ['\u0001\u0002\u0002', false],
  ['QUJD\u0000', false],
] as const)
  test(`${JSON.stringify(head)} ${verdict ? 'looks' : 'does not look'} like base64`, () => {
    assert.equal(looksLikeBase64(Buffer.from(head)), verdict)
  })
