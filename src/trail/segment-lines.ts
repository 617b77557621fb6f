import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TRAIL_LINE_MAX_BYTES, TRAIL_READ_BYTES } from '../domain/limits.ts'
import { archivePath, plainPath, type Segment } from './segment-name.ts'

/** One line of a segment. */
export type SegmentLine = {
  /** Without the line break. Valid until the next lines are asked for. */
  readonly bytes: Buffer
  /** From 1. */
  readonly number: number
  /** Bytes of the segment up to here, the line break counted. */
  readonly end: number
  /** `torn`: the last bytes, without a line break. `too-long`: above the limit; nothing more is read. */
  readonly form: 'whole' | 'torn' | 'too-long'
}

/** The uncompressed bytes of a segment, the plain file's where there are both. Throws what reading throws. */
function segmentBytes(directory: string, { number, plain }: Segment, start: number): AsyncIterable<Buffer> {
  if (plain) return createReadStream(plainPath(directory, number), { start, highWaterMark: TRAIL_READ_BYTES })
  const gunzip = createGunzip({ chunkSize: TRAIL_READ_BYTES })
  // A failure of the source destroys the last stream with the same error, and whoever reads that one gets it.
  const unpacked = pipeline(
    createReadStream(archivePath(directory, number), { highWaterMark: TRAIL_READ_BYTES }),
    gunzip,
    () => undefined,
  )
  return start === 0 ? unpacked : after(unpacked, start)
}

/** An archive can only be read from its beginning. */
async function* after(chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<Buffer> {
  let left = start
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left)
    left = Math.max(left - chunk.length, 0)
  }
}

/** Splits what has been read into whole lines; the rest waits for more. */
function splitLines(bytes: Buffer, before: { readonly lines: number; readonly bytes: number }): readonly SegmentLine[] {
  const lines: SegmentLine[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    const form = end - start > TRAIL_LINE_MAX_BYTES ? 'too-long' : 'whole'
    lines.push({
      bytes: bytes.subarray(start, end),
      number: before.lines + lines.length + 1,
      end: before.bytes + end + 1,
      form,
    })
    start = end + 1
  }
  return lines
}

/**
 * The lines of a segment, those of one read at a time; one read and one line are in memory.
 *
 * Throws what reading or unpacking throws: a system error, or zlib's.
 *
 * @param start - bytes to pass over, up to the end of a line; lines are numbered from there.
 */
export async function* segmentLines(
  directory: string,
  segment: Segment,
  start = 0,
): AsyncGenerator<readonly SegmentLine[]> {
  let rest: Buffer = Buffer.alloc(0)
  let before = { lines: 0, bytes: start }
  for await (const chunk of segmentBytes(directory, segment, start)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const lines = splitLines(bytes, before)
    const end = lines.at(-1)?.end ?? before.bytes
    rest = bytes.subarray(end - before.bytes)
    before = { lines: before.lines + lines.length, bytes: end }
    if (lines.length > 0) yield lines
    if (rest.length > TRAIL_LINE_MAX_BYTES) break
  }
  if (rest.length === 0) return
  const form = rest.length > TRAIL_LINE_MAX_BYTES ? 'too-long' : 'torn'
  yield [{ bytes: rest, number: before.lines + 1, end: before.bytes + rest.length, form }]
}

/** SHA-256 of a file as hex. Throws what reading throws. */
export async function fileSha256(path: string): Promise<string> {
  const digest = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: TRAIL_READ_BYTES })) digest.update(chunk)
  return digest.digest('hex')
}
