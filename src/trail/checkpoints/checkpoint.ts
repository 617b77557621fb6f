import type { Head } from '../chain.ts'

/**
 * What is told of a trail to somebody outside, who keeps it: how far it went, and one hash over the batches since the last
 * time. Whoever has it can find that the end of the trail was cut off or replaced, and that an event was in it.
 */
export type Checkpoint = Head & {
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string
  /** Account of the installation; tells trails apart where several are kept together. */
  readonly of: string
  /** The last batch of the checkpoint before: the tree has those after it, up to `batch`. */
  readonly after: number
  /** Root of the tree over their hashes, 64 hex digits; see tree.ts. */
  readonly root: string
  /** A clean stop: nothing follows until the service is started again. */
  readonly sealed: boolean
}

const MEMBERS = {
  format: 'number',
  of: 'string',
  at: 'string',
  segment: 'number',
  batch: 'number',
  hash: 'string',
  after: 'number',
  root: 'string',
  sealed: 'boolean',
} as const

/** Version of the format that this code writes and reads. */
const FORMAT = 1
const HASH = /^[0-9a-f]{64}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** One line of JSON, its members in this order. */
export function checkpointText({ of, at, segment, batch, hash, after, root, sealed }: Checkpoint): string {
  return JSON.stringify({ trent: 'checkpoint', format: FORMAT, of, at, segment, batch, hash, after, root, sealed })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined
    throw problem
  }
}

type Parsed = { readonly [member: string]: unknown }
const parseMembers = (value: unknown): Parsed => (typeof value === 'object' && value !== null ? (value as Parsed) : {})

/** A checkpoint as another Trent recorded it is the parameter of a call. */
function checkpointIn(value: Parsed): unknown {
  const asked = parseMembers(value.requestParameters).checkpoint
  return typeof asked === 'string' ? parseJson(asked) : value
}

/** A checkpoint in its own text, or in the event of the call that told it to another Trent; nothing for any other text. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const { trent, ...members } = parseMembers(checkpointIn(parseMembers(parseJson(text))))
  if (trent !== 'checkpoint' || !Object.entries(MEMBERS).every(([name, type]) => typeof members[name] === type))
    return undefined
  const { format, ...checkpoint } = members as Checkpoint & { readonly format: number }
  const isWhole = HASH.test(checkpoint.hash) && HASH.test(checkpoint.root) && TIME.test(checkpoint.at)
  const numbers = [checkpoint.segment, checkpoint.batch, checkpoint.after]
  if (format !== FORMAT || !isWhole || !numbers.every((each) => Number.isSafeInteger(each) && each >= 0))
    return undefined
  return checkpoint.after <= checkpoint.batch ? checkpoint : undefined
}

/**
 * Checkpoints of a file in which each line is one, or an event that tells one.
 *
 * @returns the number of the first line that is neither, when there is one.
 */
export function parseCheckpoints(text: string): readonly Checkpoint[] | number {
  const found: Checkpoint[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const checkpoint = parseCheckpoint(line)
    if (!checkpoint) return index + 1
    found.push(checkpoint)
  }
  return found
}
