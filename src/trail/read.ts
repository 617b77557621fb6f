import { TRAIL_BATCH_MAX_CHARACTERS, TRAIL_LINE_MAX_BYTES, TRAIL_OUTBOX_SEGMENTS } from '../domain/limits.ts'
import { LINK_START } from './chain.ts'
import { segmentLines } from './segment-lines.ts'
import { listSegments, type Segment } from './segment-name.ts'

/** One event of the trail. */
export type TrailEvent = {
  readonly segment: number
  /** Line in the segment, from 1. */
  readonly line: number
  /** The event as JSON. */
  readonly text: string
}

/** Bytes that one batch can have: UTF-8 has three for a UTF-16 unit, and one line may come on top. */
const BATCH_MAX_BYTES = TRAIL_BATCH_MAX_CHARACTERS * 3 + TRAIL_LINE_MAX_BYTES

const isGone = (cause: unknown) => cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'

/** A plain segment that was archived since it was listed is read from its archive. Nothing of it was read before. */
async function* linesOf(directory: string, segment: Segment) {
  try {
    yield* segmentLines(directory, segment)
  } catch (cause) {
    if (!segment.plain || !isGone(cause)) throw cause
    yield* segmentLines(directory, { ...segment, plain: false, archived: true })
  }
}

/** The events of one segment, oldest first, as {@link readEvents} gives them. */
export async function* segmentEvents(directory: string, segment: Segment): AsyncGenerator<TrailEvent> {
  let waiting: TrailEvent[] = []
  let waitingBytes = 0
  for await (const lines of linesOf(directory, segment))
    for (const { bytes, number, form } of lines) {
      if (form === 'torn') return
      const text = bytes.toString('utf8')
      waitingBytes += bytes.length
      if (form === 'too-long' || waitingBytes > BATCH_MAX_BYTES)
        throw new RangeError(`segment ${segment.number} is damaged at line ${number}`)
      if (!text.startsWith(LINK_START)) {
        waiting.push({ segment: segment.number, line: number, text })
        continue
      }
      yield* waiting
      waiting = []
      waitingBytes = 0
    }
}

/**
 * The events of a trail from segment `from` on, oldest first, those of complete batches only; the chain is not verified.
 * Parse `text` where needed.
 *
 * @throws what the system or zlib answers, and RangeError where a line or a batch is larger than any that is written.
 */
export async function* readEvents(directory: string, from = 0): AsyncGenerator<TrailEvent> {
  const { segments } = await listSegments(directory)
  for (const segment of segments) if (segment.number >= from) yield* segmentEvents(directory, segment)
}

const EVENT_ID = /"eventID":"([^"\\]{1,64})"/g

function parseEventId(text: string): unknown {
  const event: unknown = JSON.parse(text)
  return typeof event === 'object' && event !== null && 'eventID' in event ? event.eventID : undefined
}

/** The wanted id that a line has. A request may hold a member of that name too, so a hit is confirmed by parsing. */
function idOf(text: string, wanted: ReadonlySet<string>): string | undefined {
  for (const [, id] of text.matchAll(EVENT_ID))
    if (id !== undefined && wanted.has(id) && parseEventId(text) === id) return id
  return undefined
}

/**
 * Which of the ids the trail already holds, so that events of the outbox are not written twice. Only the newest segments
 * are read: an event leaves the outbox soon after it was written.
 *
 * @throws as {@link readEvents} does.
 */
export async function findEventIds(directory: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const wanted = new Set(ids)
  const found = new Set<string>()
  if (wanted.size === 0) return found
  const { segments } = await listSegments(directory)
  for (const segment of segments.slice(-TRAIL_OUTBOX_SEGMENTS))
    for await (const { text } of segmentEvents(directory, segment)) {
      const id = idOf(text, wanted)
      if (id !== undefined) found.add(id)
    }
  return found
}
