import { rm } from 'node:fs/promises'
import { type Head, headAfter, type Link, linkLines, TRAIL_FORMAT } from './chain.ts'
import { openSegmentFile, type SegmentFile, syncDirectory } from './segment-file.ts'
import { plainPath } from './segment-name.ts'
import type { Batch } from './trail-queue.ts'

/** Appends to the last segment and begins the next one when it is full. Methods throw what the system answers. */
export type SegmentWriter = {
  readonly head: Head
  /** One durable write: first the links, then the lines as one batch. When it throws, nothing of it counts. */
  write(batch: Batch): Promise<void>
  close(): Promise<void>
}

export type WriterOptions = {
  readonly directory: string
  readonly now: () => number
  readonly segmentMaxBytes: number
  /** Called with the number of a segment that will not change any more. */
  readonly onClosed: (segment: number) => void
}

/** Milliseconds since the epoch as ISO 8601. */
export function instant(time: number): string {
  return new Date(time).toISOString()
}

type Place = { readonly file: SegmentFile; readonly head: Head }

/** Begins the segment after `head`. Durable, name included, when it returns. */
async function beginSegment({ directory, now }: WriterOptions, head: Head): Promise<Place> {
  const segment = head.segment + 1
  const link: Link = { kind: 'segment', format: TRAIL_FORMAT, segment, batch: head.batch, started: instant(now()) }
  const { bytes, hash } = linkLines([], link, head.hash)
  const file = await openSegmentFile(plainPath(directory, segment), 0)
  try {
    await file.write(bytes)
    await syncDirectory(directory)
    return { file, head: headAfter(head, link, hash) }
  } catch (cause) {
    await file.close()
    throw cause
  }
}

function compose({ lines, links }: Batch, from: Head): { readonly bytes: Buffer; readonly head: Head } {
  const parts: Buffer[] = []
  let head = from
  const add = (events: readonly string[], link: Link) => {
    const { bytes, hash } = linkLines(events, link, head.hash)
    parts.push(bytes)
    head = headAfter(head, link, hash)
  }
  for (const link of links) add([], link)
  if (lines.length > 0) add(lines, { kind: 'batch', batch: head.batch + 1, events: lines.length })
  const [only] = parts
  return { bytes: parts.length === 1 && only !== undefined ? only : Buffer.concat(parts), head }
}

/**
 * Opens the segment of `head` for writing, or begins the first one.
 *
 * @param length - bytes of that segment that count.
 */
export async function openSegmentWriter(options: WriterOptions, head: Head, length: number): Promise<SegmentWriter> {
  const { directory, segmentMaxBytes, onClosed } = options
  let place: Place =
    length === 0
      ? await beginSegment(options, head)
      : { file: await openSegmentFile(plainPath(directory, head.segment), length), head }

  /** A segment that could not be begun: what there is of it goes before anything else is written. */
  let unfinished: string | undefined

  async function rotate(): Promise<void> {
    const closed = place
    unfinished = plainPath(directory, closed.head.segment + 1)
    place = await beginSegment(options, closed.head)
    unfinished = undefined
    onClosed(closed.head.segment)
    await closed.file.close()
  }

  return {
    get head() {
      return place.head
    },
    async write(batch) {
      if (unfinished !== undefined) await rm(unfinished, { force: true })
      unfinished = undefined
      // Only events begin a segment: if the record of an archive did, every archive would make another one.
      if (batch.lines.length > 0 && place.file.length >= segmentMaxBytes) await rotate()
      const { bytes, head: next } = compose(batch, place.head)
      await place.file.write(bytes)
      place = { file: place.file, head: next }
    },
    close: () => place.file.close(),
  }
}
