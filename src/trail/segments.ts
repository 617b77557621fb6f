import { mkdir } from 'node:fs/promises'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { TRAIL_ANCHOR_BATCHES, TRAIL_LINE_MAX_BYTES, TRAIL_SEGMENT_MAX_BYTES } from '../domain/limits.ts'
import { type Anchor, anchorKeeper, anchorText, parseAnchor } from './anchor.ts'
import { type Archivist, archivist } from './archive.ts'
import { EVENT_START, type Head, type Link } from './chain.ts'
import type { TrailFigures } from './figures.ts'
import { groupCommit, notWritten } from './group-commit.ts'
import { lockTrail } from './lock.ts'
import { type Recovered, recoverTrail, removeUnfinished } from './recovery.ts'
import { instant, openSegmentWriter, type SegmentWriter } from './segment-writer.ts'

/** A durable record of calls that is open for writing. Implements `Trail` of the request ports. */
export interface OpenTrail extends AsyncDisposable {
  /**
   * @param line - one event as JSON without a line break, as `eventLine` writes it.
   * @returns when the event is durable; `KMSInternalException` when it cannot be written, `ThrottlingException` when too many wait.
   */
  append(line: string): Promise<ServiceError | undefined>
  /** False once an event could not be written, until one can be. */
  readonly healthy: boolean
  /** What the chain covers; moves with every batch. */
  readonly head: Head
  readonly figures: TrailFigures
  /** Events that wait for the next write. */
  readonly pending: number
  /** Writes what waits, seals the trail and gives up the lock. Answers `KMSInternalException` when the seal could not be written. */
  close(): Promise<ServiceError | undefined>
}

export type TrailOptions = {
  readonly directory: string
  /** Milliseconds since the epoch, UTC. */
  readonly now: () => number
  readonly anchor: Anchor
  /** Problems of the background: the head not saved, a segment not compressed. Both are tried again. */
  readonly warn: (message: string, cause: unknown) => void
  /** Called with the head after every durable write. */
  readonly onHead?: (head: Head) => void
  /** Bytes. */
  readonly segmentMaxBytes?: number
  /** Batches. */
  readonly anchorBatches?: number
}

const THROTTLED = error(
  'ThrottlingException',
  'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
)

/** A line that would be read as two, or not as an event, is a mistake of the caller. */
function checkLine(line: string): void {
  if (line.includes('\n') || !line.startsWith(EVENT_START))
    throw new TypeError('an event must be one line, as eventLine writes it')
}

function isTooLong(line: string): boolean {
  return line.length * 3 > TRAIL_LINE_MAX_BYTES && Buffer.byteLength(line) > TRAIL_LINE_MAX_BYTES
}

function refusalOf(line: string, isClosed: boolean): ServiceError | undefined {
  if (isClosed) return notWritten(new Error('the trail is closed'))
  return isTooLong(line) ? notWritten(new Error('an event above the limit of a line')) : undefined
}

type Parts = { readonly options: TrailOptions; readonly writer: SegmentWriter; readonly unlock: () => Promise<void> }

function openedTrail({ options, writer, unlock }: Parts): OpenTrail & { readonly archivist: Archivist } {
  const keeper = anchorKeeper(options.anchor, options.warn)
  let saved = writer.head
  let closing: Promise<ServiceError | undefined> | undefined

  const commit = groupCommit(writer, (head) => {
    options.onHead?.(head)
    if (head.segment === saved.segment && head.batch - saved.batch < (options.anchorBatches ?? TRAIL_ANCHOR_BATCHES))
      return
    saved = head
    keeper.note(head)
  })
  const archives = archivist({
    directory: options.directory,
    warn: options.warn,
    record: commit.addLink,
    events: () => commit.figures.events,
  })

  async function seal(): Promise<ServiceError | undefined> {
    await commit.idle()
    await archives.finish()
    const problem = await commit.addLink({ kind: 'seal', at: instant(options.now()) })
    try {
      await writer.close()
      if (problem === undefined) await keeper.save({ ...writer.head, sealed: true })
      return problem
    } catch (cause) {
      return problem ?? notWritten(cause)
    } finally {
      await unlock()
    }
  }

  function close(): Promise<ServiceError | undefined> {
    closing ??= seal()
    return closing
  }

  return {
    append(line) {
      checkLine(line)
      const refused = refusalOf(line, closing !== undefined)
      return refused ? Promise.resolve(refused) : (commit.add(line) ?? Promise.resolve(THROTTLED))
    },
    get healthy() {
      return commit.healthy
    },
    get head() {
      return writer.head
    },
    figures: commit.figures,
    get pending() {
      return commit.pending
    },
    close,
    [Symbol.asyncDispose]: async () => void (await close()),
    archivist: archives,
  }
}

/** The line that says a run of the service began, and what it found. */
function openingLink({ droppedBytes }: Recovered, at: string): Link {
  return droppedBytes > 0 ? { kind: 'recovered', at, droppedBytes } : { kind: 'opened', at }
}

async function openLocked(options: TrailOptions, unlock: () => Promise<void>): Promise<OpenTrail | ServiceError> {
  const { directory, now, anchor, segmentMaxBytes = TRAIL_SEGMENT_MAX_BYTES } = options
  const text = await anchor.load()
  const anchored = text === undefined ? undefined : parseAnchor(text)
  if (text !== undefined && anchored === undefined)
    return error('KMSInternalException', 'The saved head of the trail cannot be read.')
  const recovered = await recoverTrail(directory, anchored)
  if (isError(recovered)) return recovered
  const { head, length, toArchive, unfinishedSegment } = recovered
  // The seal is taken back before anything follows it, or a crash in between would look like damage.
  if (anchored !== undefined) await anchor.save(anchorText({ ...head, sealed: false }))
  await removeUnfinished(directory, unfinishedSegment)
  let closed: (segment: number) => void = () => undefined
  const writer = await openSegmentWriter(
    { directory, now, segmentMaxBytes, onClosed: (segment) => closed(segment) },
    head,
    length,
  )
  const trail = openedTrail({ options, writer, unlock })
  closed = trail.archivist.archive
  try {
    if (length > 0 || recovered.droppedBytes > 0)
      await writer.write({ lines: [], links: [openingLink(recovered, instant(now()))] })
    await anchor.save(anchorText({ ...writer.head, sealed: false }))
  } catch (cause) {
    await writer.close()
    throw cause
  }
  for (const segment of toArchive) trail.archivist.archive(segment)
  return trail
}

/**
 * Opens the trail in a directory, which is made when it is missing, and goes on where it ends.
 *
 * What a crash left of a write that was never acknowledged is cut off, and a line of the trail says so.
 *
 * @returns `KMSInternalException` when another process writes the trail, when it does not verify from the anchored head to its
 * end, or when the system or the anchor refuses: nothing was appended then.
 */
export async function openTrail(options: TrailOptions): Promise<OpenTrail | ServiceError> {
  try {
    await mkdir(options.directory, { recursive: true, mode: 0o700 })
    const unlock = await lockTrail(options.directory)
    if (isError(unlock)) return unlock
    const trail = await openLocked(options, unlock).catch((cause: unknown) => notWritten(cause))
    if (isError(trail)) await unlock()
    return trail
  } catch (cause) {
    return notWritten(cause)
  }
}
