import { LINK_START, linkLines, parseLink } from '../chain.ts'
import { type BatchOf, batchesOf } from './batches.ts'
import { type Checkpoint, checkpointText, parseCheckpoint } from './checkpoint.ts'
import { pathOf, rootFrom, rootOf } from './tree.ts'

/** Shows that an event was in a trail when a checkpoint of it was published, to somebody who has the checkpoint alone. */
export type Proof = {
  readonly eventId: string
  /** The lines of its batch, that of the chain last. */
  readonly batch: readonly string[]
  /** From the batch upwards. */
  readonly path: readonly string[]
  readonly checkpoint: Checkpoint
}

const FORMAT = 1

export function proofText({ eventId, batch, path, checkpoint }: Proof): string {
  const proof = { trent: 'proof', format: FORMAT, eventId, batch, path, checkpoint: checkpointText(checkpoint) }
  return JSON.stringify(proof, undefined, 2)
}

type Parsed = { readonly [member: string]: unknown }
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

function parseObject(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Parsed) : {}
  } catch (problem) {
    if (problem instanceof SyntaxError) return {}
    throw problem
  }
}

/** Nothing for what is no proof. */
export function parseProof(text: string): Proof | undefined {
  const { trent, format, eventId, batch, path, checkpoint } = parseObject(text)
  const parsed = typeof checkpoint === 'string' ? parseCheckpoint(checkpoint) : undefined
  const isProof = trent === 'proof' && format === FORMAT && typeof eventId === 'string' && isTexts(batch)
  return isProof && isTexts(path) && parsed ? { eventId, batch, path, checkpoint: parsed } : undefined
}

function isOf(line: string, eventId: string): boolean {
  return line.includes(eventId) && parseObject(line).eventID === eventId
}

/** Why there is no proof, for a person. */
export type NoProof = { readonly why: string }

/** The batches that a checkpoint covers, in which the event is in one. */
async function findIn(directory: string, eventId: string, { after, batch: upTo }: Checkpoint) {
  const leaves: string[] = []
  let found: { readonly batch: BatchOf; readonly index: number } | undefined
  for await (const batch of batchesOf(directory, { after, upTo, withText: true })) {
    if (batch.text?.includes(eventId) && batch.text.split('\n').some((line) => isOf(line, eventId)))
      found ??= { batch, index: leaves.length }
    leaves.push(batch.hash)
  }
  return { leaves, found }
}

/**
 * Finds an event in the trail and proves by the published checkpoint that covers it that it was there.
 *
 * @throws what reading the trail throws.
 */
export async function prove(
  directory: string,
  eventId: string,
  checkpoints: readonly Checkpoint[],
): Promise<Proof | NoProof> {
  for (const checkpoint of checkpoints) {
    const { leaves, found } = await findIn(directory, eventId, checkpoint)
    if (!found) continue
    if (rootOf(leaves) !== checkpoint.root)
      return { why: `the trail is not the one that was told of at ${checkpoint.at}: verify it` }
    const lines = (found.batch.text ?? '').trimEnd().split('\n')
    return { eventId, batch: lines, path: pathOf(leaves, found.index), checkpoint }
  }
  return { why: `no checkpoint covers an event ${eventId}` }
}

/**
 * Checks a proof by what was published, without the trail.
 *
 * @param published - checkpoints from a place that whoever wrote the proof could not change.
 * @returns the event, or why the proof shows nothing.
 */
export function checkProof(proof: Proof, published: readonly Checkpoint[]): { readonly event: string } | NoProof {
  const { eventId, batch, path, checkpoint } = proof
  const text = checkpointText(checkpoint)
  if (!published.some((each) => checkpointText(each) === text)) return { why: 'its checkpoint was not published' }
  const last = batch.at(-1) ?? ''
  const parsed = last.startsWith(LINK_START) ? parseLink(last) : undefined
  const events = batch.slice(0, -1)
  if (parsed?.link.kind !== 'batch' || parsed.link.events !== events.length) return { why: 'it holds no whole batch' }
  if (linkLines(events, parsed.link, parsed.previous).hash !== parsed.hash) return { why: 'its batch was changed' }
  const place = { index: parsed.link.batch - checkpoint.after - 1, count: checkpoint.batch - checkpoint.after }
  if (rootFrom(parsed.hash, place, path) !== checkpoint.root)
    return { why: 'its batch is not the one that was published' }
  const event = events.find((line) => isOf(line, eventId))
  return event === undefined ? { why: 'the event is not in its batch' } : { event }
}
