import { TRAIL_PROBLEMS_MAX } from '../domain/limits.ts'
import { type Anchored, parseAnchor } from './anchor.ts'
import { GENESIS, type Head } from './chain.ts'
import type { Checkpoint } from './checkpoints/checkpoint.ts'
import { fileSha256 } from './segment-lines.ts'
import { archivePath, listSegments, type Segment } from './segment-name.ts'
import { isTornWrite, type Scan, scanSegment } from './segment-scan.ts'

/** Something that does not fit. `file` is a name in the directory; absent when it is about the trail as a whole. */
export type Problem = { readonly file?: string; readonly line?: number; readonly what: string }

/** What a verification found. */
export type Report = {
  /** Whether every byte fits. Not the same as sealed: a service that runs, or that crashed, leaves an open trail. */
  readonly ok: boolean
  /** Whether the trail ends in the seal of a clean stop. */
  readonly sealed: boolean
  /** Bytes after the last batch, of a write under way or cut short by a crash. They were never acknowledged. */
  readonly unfinishedBytes: number
  readonly head: Head
  readonly segments: number
  readonly batches: number
  readonly events: number
  /** In the order of the trail, the first ones up to a limit. */
  readonly problems: readonly Problem[]
  readonly problemCount: number
}

function fileName({ number, plain }: Segment): string {
  const name = `segment-${String(number).padStart(10, '0')}.jsonl`
  return plain ? name : `${name}.gz`
}

type Found = { readonly list: Problem[]; count: number }

function report(found: Found, problem: Problem): void {
  found.count += 1
  if (found.list.length < TRAIL_PROBLEMS_MAX) found.list.push(problem)
}

/** Errors of the system and of zlib carry a code; anything else is a mistake of the program. */
function describe(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
    return `cannot be read: ${cause.code}`
  throw cause
}

type Run = {
  readonly directory: string
  readonly anchored: Anchored | undefined
  /** Published checkpoints that were not met yet, by their hash. */
  readonly unmet: Map<string, Checkpoint>
  readonly found: Found
}

/** Scans one segment; a plain file that a running service has just compressed is read from its archive. */
async function scanOne(run: Run, segment: Segment, from: Head): Promise<Scan | undefined> {
  const { directory, anchored, unmet, found } = run
  const problems: Problem[] = []
  const onProblem = (line: number, what: string) => problems.push({ file: fileName(segment), line, what })
  const onHash = (hash: string) => void unmet.delete(hash)
  try {
    const scan = await scanSegment(directory, segment, { from, wanted: anchored?.hash, onProblem, onHash })
    for (const problem of problems) report(found, problem)
    return scan
  } catch (cause) {
    const what = describe(cause)
    if (segment.plain && what.endsWith('ENOENT'))
      return scanOne(run, { ...segment, plain: false, archived: true }, from)
    for (const problem of problems) report(found, problem)
    report(found, { file: fileName(segment), what })
    return undefined
  }
}

/** Rules for the segment's place among the others. */
function placeProblems(segment: Segment, scan: Scan, isLast: boolean): readonly string[] {
  if (isLast) {
    return [
      ...(segment.archived ? ['it is closed and the segment that follows it is missing'] : []),
      ...(isTornWrite(scan) ? [] : ['it ends in bytes that no crash leaves']),
    ]
  }
  return scan.tail.bytes > 0 || scan.last === undefined
    ? ['it ends in an incomplete batch and is not the last segment']
    : []
}

/** Every closed file must have the digest that the chain recorded for it. */
async function checkArchives(
  run: Run,
  segments: readonly Segment[],
  recorded: ReadonlyMap<number, string>,
): Promise<void> {
  for (const segment of segments) {
    const file = fileName({ ...segment, plain: false })
    const wanted = recorded.get(segment.number)
    // While the plain file stands, the archive counts for nothing: it is written anew when the trail is opened.
    if (segment.archived && !segment.plain && wanted === undefined)
      report(run.found, { file, what: 'the chain does not vouch for this archive' })
    if (segment.plain || wanted === undefined) continue
    try {
      const actual = await fileSha256(archivePath(run.directory, segment.number))
      if (actual !== wanted) report(run.found, { file, what: 'the archive is not the one that was written' })
    } catch (cause) {
      report(run.found, { file, what: describe(cause) })
    }
  }
}

function anchorProblem(
  anchored: Anchored,
  head: Head,
  totals: { readonly meets: boolean; readonly unfinishedBytes: number },
): string | undefined {
  const place = `batch ${anchored.batch} of segment ${anchored.segment}`
  if (!totals.meets) return `the saved head, ${place}, is missing: the end of the trail was cut off or replaced`
  const goesOn = anchored.sealed && (head.hash !== anchored.hash || totals.unfinishedBytes > 0)
  return goesOn ? `something follows the seal that was saved, ${place}` : undefined
}

function missing(expected: number, { number }: Segment): Problem | undefined {
  if (number === expected) return undefined
  return {
    what:
      number === expected + 1 ? `segment ${expected} is missing` : `segments ${expected} to ${number - 1} are missing`,
  }
}

async function verifySegments(
  run: Run,
  segments: readonly Segment[],
): Promise<Omit<Report, 'ok' | 'problems' | 'problemCount'>> {
  const recorded = new Map<number, string>()
  const totals = { meets: false, unfinishedBytes: 0, batches: 0, events: 0, sealed: false }
  let head = GENESIS
  let expected = 1
  for (const segment of segments) {
    const gap = missing(expected, segment)
    if (gap !== undefined) report(run.found, gap)
    expected = segment.number + 1
    const scan = await scanOne(run, segment, head)
    if (scan === undefined) continue
    for (const what of placeProblems(segment, scan, segment === segments.at(-1)))
      report(run.found, { file: fileName(segment), what })
    for (const archive of scan.archives) recorded.set(archive.segment, archive.sha256)
    head = scan.head
    totals.meets ||= scan.meetsWanted
    totals.batches += scan.batches
    totals.events += scan.events
    totals.unfinishedBytes = scan.tail.bytes
    totals.sealed = scan.last?.kind === 'seal' && scan.tail.bytes === 0
  }
  await checkArchives(run, segments, recorded)
  const problem = run.anchored === undefined ? undefined : anchorProblem(run.anchored, head, totals)
  if (problem !== undefined) report(run.found, { what: problem })
  for (const { at, batch, segment } of run.unmet.values())
    report(run.found, {
      what: `what was published at ${at}, batch ${batch} of segment ${segment}, is missing: the end of the trail was cut off or replaced`,
    })
  const { sealed, unfinishedBytes, batches, events } = totals
  return { sealed, unfinishedBytes, head, segments: segments.length, batches, events }
}

/**
 * Reads a whole trail and finds what was changed, removed, inserted, moved or cut: a byte, a line, a batch or a file.
 *
 * Without the anchor the chain vouches for itself, and a cut at the end of a batch leaves a trail that is merely not
 * sealed; with it, a cut before the saved head is found. Memory is bounded by one read and one line.
 *
 * @param anchor - what was last saved of the head, see `Anchor`.
 * @param checkpoints - what was published of this trail: it must still be there.
 * @throws what the system answers when the directory cannot be listed.
 */
export async function verifyTrail(
  directory: string,
  anchor?: string,
  checkpoints: readonly Checkpoint[] = [],
): Promise<Report> {
  const found: Found = { list: [], count: 0 }
  const anchored = anchor === undefined ? undefined : parseAnchor(anchor)
  if (anchor !== undefined && anchored === undefined) report(found, { what: 'the saved head cannot be read' })
  const unmet = new Map(checkpoints.map((checkpoint) => [checkpoint.hash, checkpoint]))
  const { segments, others } = await listSegments(directory)
  for (const file of others) report(found, { file, what: 'no trail writes a file of this name' })
  const totals = await verifySegments({ directory, anchored, unmet, found }, segments)
  return { ok: found.count === 0, ...totals, problems: found.list, problemCount: found.count }
}
