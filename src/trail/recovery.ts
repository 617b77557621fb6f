import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Anchored } from './anchor.ts'
import { GENESIS, type Head } from './chain.ts'
import { type Listing, listSegments, plainPath, type Segment } from './segment-name.ts'
import { isTornWrite, type Scan, scanSegment } from './segment-scan.ts'

/** Where an existing trail goes on. */
export type Recovered = {
  readonly head: Head
  /** Bytes of the head's segment that count. */
  readonly length: number
  /** Bytes of an unfinished write after them, or of an unfinished segment. */
  readonly droppedBytes: number
  /** Name of a segment whose header was never completed. */
  readonly unfinishedSegment: number | undefined
  /** Segments that are closed and not yet archived. */
  readonly toArchive: readonly number[]
}

function damaged(what: string): ServiceError {
  return error('KMSInternalException', `The trail does not verify: ${what}.`)
}

/** Reads from the segment the anchor names, or the last one, to the end; the scan of the last one is the answer. */
async function scanEnd(
  directory: string,
  segments: readonly Segment[],
  anchored: Anchored | undefined,
): Promise<Scan | ServiceError> {
  const last = segments.at(-1)?.number ?? 0
  const problems: string[] = []
  let scan: Scan | undefined
  let meetsAnchor = anchored === undefined
  for (const segment of segments.filter(({ number }) => number >= Math.min(anchored?.segment ?? last, last))) {
    const onProblem = (line: number, what: string) =>
      problems.length < 1 && problems.push(`segment ${segment.number}, line ${line}: ${what}`)
    scan = await scanSegment(directory, segment, { from: scan?.head, wanted: anchored?.hash, onProblem })
    meetsAnchor ||= scan.meetsWanted
    if (segment.number !== last && scan.tail.bytes > 0)
      problems.push(`segment ${segment.number} ends in an incomplete batch`)
    if (problems[0] !== undefined) return damaged(problems[0])
  }
  if (scan === undefined || !isTornWrite(scan)) return damaged(`segment ${last} ends in bytes that no crash leaves`)
  if (!meetsAnchor)
    return damaged(`its end is missing: batch ${anchored?.batch} of segment ${anchored?.segment} was once written`)
  const goesOn = anchored?.sealed && (scan.head.hash !== anchored.hash || scan.tail.bytes > 0)
  return goesOn ? damaged('something follows the seal of the last clean stop') : scan
}

/** A segment whose header never became durable held nothing: the one before it goes on. */
async function withoutUnfinished(
  directory: string,
  segments: readonly Segment[],
): Promise<Scan | undefined | ServiceError> {
  const last = segments.at(-1)
  if (last === undefined || !last.plain) return undefined
  const scan = await scanSegment(directory, last, { from: undefined, onProblem: () => undefined })
  return scan.last === undefined && isTornWrite(scan) ? scan : undefined
}

async function recover(
  directory: string,
  { segments }: Listing,
  anchored: Anchored | undefined,
): Promise<Recovered | ServiceError> {
  const unfinished = await withoutUnfinished(directory, segments)
  if (isError(unfinished)) return unfinished
  const whole = unfinished === undefined ? segments : segments.slice(0, -1)
  const last = whole.at(-1)
  const unfinishedSegment = unfinished === undefined ? undefined : segments.at(-1)?.number
  const droppedBytes = unfinished?.tail.bytes ?? 0
  if (last === undefined)
    return anchored === undefined
      ? { head: GENESIS, length: 0, droppedBytes, unfinishedSegment, toArchive: [] }
      : damaged('it is gone')
  if (last.archived) return damaged(`segment ${last.number} is closed and nothing follows it`)
  const scan = await scanEnd(directory, whole, anchored)
  if (isError(scan)) return scan
  const toArchive = whole.filter((segment) => segment.plain && segment !== last).map(({ number }) => number)
  return {
    head: scan.head,
    length: scan.length,
    droppedBytes: droppedBytes + scan.tail.bytes,
    unfinishedSegment,
    toArchive,
  }
}

/**
 * Finds where the trail in `directory` ends. Nothing is changed but archives that were never completed, which are removed.
 *
 * What a crash left of the last write is no damage: none of it was acknowledged. Anything else that does not fit the chain,
 * or an end that lacks the anchored head, answers `KMSInternalException` with the place. Throws what the system answers.
 */
export async function recoverTrail(
  directory: string,
  anchored: Anchored | undefined,
): Promise<Recovered | ServiceError> {
  const listing = await listSegments(directory)
  for (const name of listing.unfinished) await rm(join(directory, name))
  return recover(directory, listing, anchored)
}

/** Removes a segment that {@link recoverTrail} found unfinished. */
export async function removeUnfinished(directory: string, number: number | undefined): Promise<void> {
  if (number !== undefined) await rm(plainPath(directory, number), { force: true })
}
