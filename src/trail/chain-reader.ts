import { createHash, type Hash } from 'node:crypto'
import {
  EVENT_START,
  type Head,
  headAfter,
  LINK_START,
  type Link,
  type ParsedLink,
  parseLink,
  TRAIL_FORMAT,
} from './chain.ts'

/** What one line turned out to be. `head` is where the chain stands after it, and it holds when there are no problems. */
export type Step =
  | { readonly kind: 'event' }
  | { readonly kind: 'broken'; readonly problems: readonly string[] }
  | { readonly kind: 'link'; readonly link: Link; readonly head: Head; readonly problems: readonly string[] }

/** Follows the chain through the lines of one segment. */
export type ChainReader = {
  /** Takes the next line, without its line break. */
  read(line: Buffer): Step
  /** Where the chain stood after the last line of it. */
  readonly head: Head
  /** The last line of the chain, if there was one. */
  readonly last: Link | undefined
}

const LINK_BYTES = Buffer.from(LINK_START)
const EVENT_BYTES = Buffer.from(EVENT_START)
const LINE_BREAK = Buffer.from('\n')

function beginsWith(line: Buffer, start: Buffer): boolean {
  return line.length >= start.length && start.equals(line.subarray(0, start.length))
}

type Place = {
  readonly first: boolean
  readonly segment: number
  readonly events: number
  readonly head: Head | undefined
}

function problemsOfHeader(link: Extract<Link, { kind: 'segment' }>, { segment, head }: Place): readonly string[] {
  return [
    ...(link.format === TRAIL_FORMAT ? [] : [`format ${link.format} is not known`]),
    ...(link.segment === segment ? [] : [`the header names segment ${link.segment}`]),
    ...(head === undefined || link.batch === head.batch
      ? []
      : [`the header continues batch ${link.batch}, not batch ${head.batch}`]),
  ]
}

function problemsOfBatch(link: Extract<Link, { kind: 'batch' }>, { events, head }: Place): readonly string[] {
  return [
    ...(head === undefined || link.batch === head.batch + 1 ? [] : [`batch ${link.batch} follows batch ${head.batch}`]),
    ...(link.events === events ? [] : [`batch ${link.batch} should hold ${link.events} events and holds ${events}`]),
  ]
}

/** What is wrong with the place a line of the chain stands in. */
function problemsOfPlace({ link, previous }: ParsedLink, place: Place): readonly string[] {
  const { first, events, head } = place
  return [
    ...(first === (link.kind === 'segment') ? [] : [first ? 'the segment has no header' : 'a header inside a segment']),
    ...(head === undefined || previous === head.hash ? [] : ['it does not continue the line of the chain before it']),
    ...(link.kind === 'segment' ? problemsOfHeader(link, place) : []),
    ...(link.kind === 'batch' ? problemsOfBatch(link, place) : []),
    ...(link.kind === 'batch' || events === 0 ? [] : [`${events} events outside a batch`]),
  ]
}

/** The header's own word on what came before it, for a reader that starts there. */
function headBefore(parsed: ParsedLink | undefined): Head {
  if (parsed?.link.kind !== 'segment') return { segment: 0, batch: 0, hash: '' }
  return { segment: parsed.link.segment - 1, batch: parsed.link.batch, hash: parsed.previous }
}

/**
 * Reads one segment. After a problem it goes on from what the line claims, so that one change is one problem.
 *
 * @param segment - number in the file's name.
 * @param from - where the chain stood at the end of the segment before; when absent, the header is taken at its word.
 */
export function chainReader(segment: number, from: Head | undefined): ChainReader {
  let head = from
  let last: Link | undefined
  let first = true
  let events = 0
  let digest: Hash = createHash('sha256')

  function event(line: Buffer): Step {
    const problems = [
      ...(first ? ['the segment does not begin with a header'] : []),
      ...(beginsWith(line, EVENT_BYTES) ? [] : ['a line that is neither an event nor one of the chain']),
    ]
    digest.update(line).update(LINE_BREAK)
    events += 1
    first = false
    return problems.length === 0 ? { kind: 'event' } : { kind: 'broken', problems }
  }

  function follow(parsed: ParsedLink): Step {
    const actual = digest.update(parsed.covered).digest('hex')
    const problems = [
      ...(actual === parsed.hash ? [] : ['bytes since the last line of the chain, or this line, were changed']),
      ...problemsOfPlace(parsed, { first, segment, events, head }),
    ]
    head = headAfter(head ?? headBefore(parsed), parsed.link, parsed.hash)
    last = parsed.link
    digest = createHash('sha256')
    first = false
    events = 0
    return { kind: 'link', link: parsed.link, head, problems }
  }

  return {
    read(line) {
      const parsed = beginsWith(line, LINK_BYTES) ? parseLink(line.toString('latin1')) : undefined
      return parsed === undefined ? event(line) : follow(parsed)
    },
    get head() {
      return head ?? headBefore(undefined)
    },
    get last() {
      return last
    },
  }
}
