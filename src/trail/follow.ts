import { TRAIL_BATCH_MAX_CHARACTERS, TRAIL_LINE_MAX_BYTES } from '../domain/limits.ts'
import { type Head, LINK_START, parseLink } from './chain.ts'
import { segmentLines } from './segment-lines.ts'
import { listSegments, type Segment } from './segment-name.ts'

/** How far a reader has come: everything up to here is done. */
export type TrailPosition = {
  /** 0 before the first segment. */
  readonly segment: number
  /** Bytes of the uncompressed segment. */
  readonly offset: number
  /** The last batch that was read. */
  readonly batch: number
}

export const TRAIL_START: TrailPosition = { segment: 0, offset: 0, batch: 0 }

/** One batch of the trail, or lines of the chain without events, and where the next one begins. */
export type FollowedBatch = { readonly events: readonly string[]; readonly position: TrailPosition }

/** Bytes that one batch can have: UTF-8 has three for a UTF-16 unit, and one line may come on top. */
const BATCH_MAX_BYTES = TRAIL_BATCH_MAX_CHARACTERS * 3 + TRAIL_LINE_MAX_BYTES

const isGone = (cause: unknown) => cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'

/** A plain segment that was archived since it was listed is read from its archive. Nothing of it was read before. */
async function* linesFrom(directory: string, segment: Segment, offset: number) {
  try {
    yield* segmentLines(directory, segment, offset)
  } catch (cause) {
    if (!segment.plain || !isGone(cause)) throw cause
    yield* segmentLines(directory, { ...segment, plain: false, archived: true }, offset)
  }
}

/** Batches of one segment from `from` on, up to the last that is durable. */
async function* segmentBatches(
  directory: string,
  segment: Segment,
  from: TrailPosition,
  upTo: Pick<Head, 'batch'>,
): AsyncGenerator<FollowedBatch> {
  let events: string[] = []
  let bytes = 0
  let batch = from.batch
  for await (const lines of linesFrom(directory, segment, from.offset))
    for (const line of lines) {
      if (line.form === 'torn') return
      bytes += line.bytes.length
      if (line.form === 'too-long' || bytes > BATCH_MAX_BYTES)
        throw new RangeError(`segment ${segment.number} is damaged after byte ${from.offset}`)
      const text = line.bytes.toString('utf8')
      if (!text.startsWith(LINK_START)) {
        events.push(text)
        continue
      }
      const link = parseLink(text)?.link
      if (link?.kind === 'batch') {
        // What is written and not yet known to be durable may still be cut off.
        if (link.batch > upTo.batch) return
        // A position may say how far to go by the batch alone.
        if (link.batch <= from.batch) events = []
        batch = Math.max(batch, link.batch)
      }
      yield { events, position: { segment: segment.number, offset: line.end, batch } }
      events = []
      bytes = 0
    }
}

/**
 * The batches of a trail after `from`, oldest first, while its writer goes on; those after `upTo` are left. The chain is not
 * verified.
 *
 * @throws what the system or zlib answers, and RangeError where the trail is damaged or lacks the segment of `from`.
 */
export async function* followBatches(
  directory: string,
  from: TrailPosition,
  upTo: Pick<Head, 'segment' | 'batch'>,
): AsyncGenerator<FollowedBatch> {
  const { segments } = await listSegments(directory)
  const wanted = segments.filter(({ number }) => number >= from.segment && number <= upTo.segment)
  if (from.segment > 0 && from.segment <= upTo.segment && wanted[0]?.number !== from.segment)
    throw new RangeError(`segment ${from.segment} is missing`)
  let position = from
  for (const segment of wanted) {
    if (segment.number !== position.segment) position = { segment: segment.number, offset: 0, batch: position.batch }
    for await (const followed of segmentBatches(directory, segment, position, upTo)) {
      position = followed.position
      yield followed
    }
  }
}
