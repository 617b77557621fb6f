import { TRAIL_BATCH_MAX_CHARACTERS } from '../../domain/limits.ts'
import { LINK_START, parseLink } from '../chain.ts'
import { segmentLines } from '../segment-lines.ts'
import { listSegments, type Segment } from '../segment-name.ts'

/** A batch as the trail has it. */
export type BatchOf = {
  readonly segment: number
  readonly batch: number
  readonly hash: string
  /** Its lines with that of the chain, each with its line break; only when asked for. */
  readonly text?: string
}

/** Which batches are wanted: those after `after`, up to `upTo`. */
type Wanted = { readonly after: number; readonly upTo: number; readonly withText?: boolean }

/** A header says which batch was the last before it, so that segments before the wanted one need not be read. */
async function firstBatchOf(directory: string, segment: Segment): Promise<number> {
  for await (const lines of segmentLines(directory, segment, 0)) {
    const link = parseLink(lines[0]?.bytes.toString('latin1') ?? '')?.link
    return link?.kind === 'segment' ? link.batch : 0
  }
  return 0
}

async function segmentsFrom(directory: string, after: number): Promise<readonly Segment[]> {
  const { segments } = await listSegments(directory)
  for (let at = segments.length - 1; at > 0; at -= 1) {
    const segment = segments[at]
    if (segment && (await firstBatchOf(directory, segment)) <= after) return segments.slice(at)
  }
  return segments
}

/**
 * Batches of a trail, oldest first. The chain is not verified.
 *
 * @throws what the system or zlib answers, and RangeError where a batch is larger than any that is written.
 */
export async function* batchesOf(directory: string, { after, upTo, withText }: Wanted): AsyncGenerator<BatchOf> {
  for (const segment of await segmentsFrom(directory, after)) {
    let text: string[] = []
    let size = 0
    for await (const lines of segmentLines(directory, segment, 0))
      for (const { bytes, form } of lines) {
        if (form === 'torn') return
        const isLink =
          bytes.length >= LINK_START.length && bytes.toString('latin1', 0, LINK_START.length) === LINK_START
        const parsed = isLink ? parseLink(bytes.toString('latin1')) : undefined
        if (withText) text.push(bytes.toString('utf8'))
        size += bytes.length
        if (size > 4 * TRAIL_BATCH_MAX_CHARACTERS || form === 'too-long')
          throw new RangeError(`segment ${segment.number} is damaged`)
        if (!parsed) continue
        const { link, hash } = parsed
        if (link.kind === 'batch' && link.batch > upTo) return
        if (link.kind === 'batch' && link.batch > after) {
          const whole = withText ? { text: `${text.join('\n')}\n` } : {}
          yield { segment: segment.number, batch: link.batch, hash, ...whole }
        }
        text = []
        size = 0
      }
  }
}
