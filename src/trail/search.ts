import { error, type ServiceError } from '../domain/error.ts'
import { TRAIL_SEARCH_MAX_BYTES, TRAIL_SEARCH_MAX_CHARACTERS, TRAIL_SEARCHES_WAITING_MAX } from '../domain/limits.ts'
import { segmentEvents } from './read.ts'
import { listSegments } from './segment-name.ts'

/** What to look for. */
export type Wanted = {
  /** What the line of an event must contain; the cheap half of the test. */
  readonly needle: string
  /** Whether a line that contains it is really meant. */
  readonly isMeant: (line: string) => boolean
  /** Events at the most. */
  readonly limit: number
  /** The segment to begin with, going back; absent for the newest. */
  readonly from?: number
}

export type Found = {
  /** Newest first. */
  readonly lines: readonly string[]
  /** The segment where to go on; absent when there is nothing older. */
  readonly next?: number
}

/** Looks for events, newest first. One call reads a bounded part of the trail. */
export type Search = (wanted: Wanted) => Promise<Found>

/**
 * The newest events that are meant, of as many segments as one call reads; segments are read whole, archived ones unpacked.
 * A segment that holds more of them than fit gives its newest.
 *
 * @throws as `readEvents` does.
 */
export async function searchSegments(directory: string, wanted: Wanted): Promise<Found> {
  const { segments } = await listSegments(directory)
  const { from = Number.POSITIVE_INFINITY } = wanted
  const lines: string[] = []
  let bytes = 0
  for (const segment of segments.filter(({ number }) => number <= from).reverse()) {
    if (lines.length >= wanted.limit || bytes >= TRAIL_SEARCH_MAX_BYTES) return { lines, next: segment.number }
    const found: string[] = []
    let characters = 0
    for await (const { text } of segmentEvents(directory, segment)) {
      bytes += text.length
      if (!text.includes(wanted.needle) || !wanted.isMeant(text)) continue
      found.push(text)
      characters += text.length
      while (found.length > wanted.limit - lines.length || characters > TRAIL_SEARCH_MAX_CHARACTERS)
        characters -= found.shift()?.length ?? characters
    }
    lines.push(...found.reverse())
  }
  return { lines }
}

/** The same for a trail in memory. */
export function searchLines(all: readonly string[], { needle, isMeant, limit }: Wanted): Found {
  const lines: string[] = []
  for (const line of all.toReversed()) {
    if (lines.length >= limit) break
    if (line.includes(needle) && isMeant(line)) lines.push(line)
  }
  return { lines }
}

const TOO_MANY = error('ThrottlingException', 'Rate exceeded.')

/** Lets one search read at a time, so that requests on keys keep most of the processor. */
export function oneAtATime(search: Search): (wanted: Wanted) => Promise<Found | ServiceError> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return async (wanted) => {
    if (waiting > TRAIL_SEARCHES_WAITING_MAX) return TOO_MANY
    waiting += 1
    // A search that fails tells its own caller; the next one only waits for its end.
    const mine = last.then(() => search(wanted))
    last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      waiting -= 1
    }
  }
}
