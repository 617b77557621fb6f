import { EVENT_START, type Head, LINK_MAX_BYTES, LINK_START, type Link } from './chain.ts'
import { chainReader } from './chain-reader.ts'
import { segmentLines } from './segment-lines.ts'
import type { Segment } from './segment-name.ts'

/** What follows the last line of the chain in a segment: events whose batch was never completed. */
export type Tail = {
  readonly bytes: number
  /** Complete lines among them. */
  readonly lines: number
  /** How it begins. */
  readonly start: string
}

/** What one segment holds. */
export type Scan = {
  readonly head: Head
  /** The last line of the chain, absent when there is not even a header. */
  readonly last: Link | undefined
  /** Bytes up to the end of that line. */
  readonly length: number
  readonly tail: Tail
  readonly batches: number
  readonly events: number
  readonly archives: readonly Extract<Link, { kind: 'archived' }>[]
  /** Whether the chain passes through the wanted hash. */
  readonly meetsWanted: boolean
}

export type ScanOptions = {
  /** Where the chain stood at the end of the segment before; when absent, the header is taken at its word. */
  readonly from: Head | undefined
  readonly wanted?: string | undefined
  /** Called with every hash of the chain. */
  readonly onHash?: (hash: string) => void
  /** Called for everything that does not fit the chain. Lines count from 1. */
  readonly onProblem: (line: number, what: string) => void
}

/** Whether one text is the beginning of the other. */
function isBeginning(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a)
}

/** Whether the last bytes, which no line break follows, can be the beginning of a line. */
function isBeginningOfLine(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, EVENT_START.length)
  return isBeginning(start, EVENT_START) || isBeginning(start, LINK_START)
}

/**
 * Whether lines that no hash covers yet are events all the same. A line break that was changed joins an event with the line of
 * the chain that covered it, which would then pass for one more event of an unfinished write.
 */
function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString('utf8'))
    return true
  } catch (cause) {
    if (cause instanceof SyntaxError) return false
    throw cause
  }
}

/** Reads a segment whole and follows its chain. Throws what reading or unpacking throws. */
export async function scanSegment(directory: string, segment: Segment, options: ScanOptions): Promise<Scan> {
  const reader = chainReader(segment.number, options.from)
  const archives: Extract<Link, { kind: 'archived' }>[] = []
  const state = { length: 0, batches: 0, events: 0, pending: 0, meetsWanted: false, tail: 0, start: '' }
  // No more than one write's: the next line of the chain covers them.
  let uncovered: (readonly [number: number, line: Buffer])[] = []
  for await (const lines of segmentLines(directory, segment))
    for (const { bytes, number, end, form } of lines) {
      if (state.tail === 0) state.start = bytes.toString('latin1', 0, LINK_MAX_BYTES)
      state.tail = end - state.length
      if (form === 'too-long') options.onProblem(number, 'a line above the limit')
      if (form === 'torn' && !isBeginningOfLine(bytes))
        options.onProblem(number, 'it ends in bytes that no crash leaves')
      if (form === 'torn') continue
      const step = reader.read(bytes)
      if (step.kind !== 'event') for (const what of step.problems) options.onProblem(number, what)
      state.pending += step.kind === 'link' ? 0 : 1
      if (step.kind !== 'link') {
        uncovered.push([number, Buffer.from(bytes)])
        continue
      }
      uncovered = []
      if (step.link.kind === 'batch') state.batches += 1
      if (step.link.kind === 'archived') archives.push(step.link)
      options.onHash?.(step.head.hash)
      if (step.head.hash === options.wanted) state.meetsWanted = true
      Object.assign(state, { events: state.events + state.pending, pending: 0, tail: 0, start: '', length: end })
    }
  for (const [number, line] of uncovered) if (!isJson(line)) options.onProblem(number, 'an event that is not JSON')
  const tail = { bytes: state.tail, lines: state.pending, start: state.start }
  const { length, batches, events, meetsWanted } = state
  return { head: reader.head, last: reader.last, length, tail, batches, events, archives, meetsWanted }
}

/**
 * Whether a tail can be what a crash leaves of one unfinished write, and nothing else: after a seal and at the start of a
 * segment only a line of the chain is ever written, elsewhere events.
 */
export function isTornWrite({ last, tail }: Pick<Scan, 'last' | 'tail'>): boolean {
  if (last !== undefined && last.kind !== 'seal') return true
  if (tail.lines > 0 || tail.bytes > LINK_MAX_BYTES) return tail.bytes === 0
  const written = last === undefined ? ['segment'] : ['opened', 'recovered']
  return written.some((kind) => isBeginning(tail.start, `${LINK_START}"${kind}",`))
}
