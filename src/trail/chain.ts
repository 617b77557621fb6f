import { hash } from 'node:crypto'

/** Where the chain stands: all up to here is covered by `hash`. */
export type Head = {
  readonly segment: number
  /** Number of the last batch; batches are numbered through all segments, from 1. */
  readonly batch: number
  /** SHA-256 as 64 hex digits. */
  readonly hash: string
}

/** The head of a trail that holds nothing. */
export const GENESIS: Head = { segment: 0, batch: 0, hash: '0'.repeat(64) }

/**
 * What a line of the chain says. `segment` opens a file, `batch` closes the event lines before it, `opened` and `recovered`
 * begin a run of the service on a segment that exists, `archived` vouches for a compressed segment, `seal` is a clean stop.
 */
export type Link =
  | {
      readonly kind: 'segment'
      readonly format: number
      readonly segment: number
      readonly batch: number
      readonly started: string
    }
  | { readonly kind: 'batch'; readonly batch: number; readonly events: number }
  | { readonly kind: 'opened'; readonly at: string }
  | { readonly kind: 'recovered'; readonly at: string; readonly droppedBytes: number }
  | { readonly kind: 'archived'; readonly segment: number; readonly sha256: string }
  | { readonly kind: 'seal'; readonly at: string }

/** Version of the format that this code writes and reads. */
export const TRAIL_FORMAT = 1

/** Every line of the chain begins so. */
export const LINK_START = '{"trent":'
/** Every event begins so. */
export const EVENT_START = '{"eventVersion":'

const HASH_START = ',"hash":"'
const LINK_END = '"}'
/** Hex digits of a SHA-256. */
const HASH_LENGTH = 64
/** Bytes of the longest line of the chain, with room. */
export const LINK_MAX_BYTES = 512

/** The line up to its own hash: what the hash covers of it. */
function openLink({ kind, ...members }: Link, previous: string): string {
  return `${JSON.stringify({ trent: kind, ...members, previous }).slice(0, -1)}${HASH_START}`
}

/**
 * Event lines and the line of the chain that covers them, as they stand in the file.
 *
 * The hash is SHA-256 over every byte since the end of the previous line of the chain, up to this line's own hash; the
 * line names the previous hash, so that one hash covers all that came before. The line that ends the hashed bytes begins as
 * no event can, so that no other lines hash alike.
 *
 * @param lines - events as JSON without line breaks.
 */
export function linkLines(
  lines: readonly string[],
  link: Link,
  previous: string,
): { readonly bytes: Buffer; readonly hash: string } {
  const body = lines.length === 0 ? '' : `${lines.join('\n')}\n`
  const covered = Buffer.byteLength(body) + Buffer.byteLength(openLink(link, previous))
  const bytes = Buffer.allocUnsafe(covered + HASH_LENGTH + LINK_END.length + 1)
  bytes.write(body + openLink(link, previous), 'utf8')
  const digest = hash('sha256', bytes.subarray(0, covered), 'hex')
  bytes.write(`${digest}${LINK_END}\n`, covered, 'latin1')
  return { bytes, hash: digest }
}

/** The head after `link`, whose hash is `hash`. */
export function headAfter(head: Head, link: Link, hash: string): Head {
  if (link.kind === 'segment') return { segment: link.segment, batch: link.batch, hash }
  return { ...head, batch: link.kind === 'batch' ? link.batch : head.batch, hash }
}

export type ParsedLink = {
  readonly link: Link
  readonly previous: string
  readonly hash: string
  readonly covered: string
}

/** Members of each kind in the order written, with their types. */
const MEMBERS = {
  segment: { format: 'number', segment: 'number', batch: 'number', started: 'string' },
  batch: { batch: 'number', events: 'number' },
  opened: { at: 'string' },
  recovered: { at: 'string', droppedBytes: 'number' },
  archived: { segment: 'number', sha256: 'string' },
  seal: { at: 'string' },
} as const satisfies {
  readonly [Kind in Link['kind']]: Readonly<Record<Exclude<keyof Extract<Link, { kind: Kind }>, 'kind'>, string>>
}

const HASH = /^[0-9a-f]{64}$/

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined
    throw problem
  }
}

/** The line of the chain that `text` is, or `undefined` when it is not one as this code writes them, byte by byte. */
export function parseLink(text: string): ParsedLink | undefined {
  const value = text.length <= LINK_MAX_BYTES ? parseObject(text) : undefined
  const { trent, previous, hash: digest, ...members } = value ?? {}
  if (typeof trent !== 'string' || typeof previous !== 'string' || typeof digest !== 'string') return undefined
  if (!Object.hasOwn(MEMBERS, trent) || !HASH.test(previous) || !HASH.test(digest)) return undefined
  const wanted = Object.entries(MEMBERS[trent as keyof typeof MEMBERS])
  if (!wanted.every(([name, type]) => typeof members[name] === type)) return undefined
  // Made of the known members in their order, so that any other member or order is another text.
  const link = { kind: trent, ...Object.fromEntries(wanted.map(([name]) => [name, members[name]])) } as Link
  const covered = openLink(link, previous)
  return text === `${covered}${digest}${LINK_END}` ? { link, previous, hash: digest, covered } : undefined
}
