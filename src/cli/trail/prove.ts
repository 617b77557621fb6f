import { readFileSync } from 'node:fs'
import { dataDirectory } from '../../data-directory.ts'
import { checkProof, parseProof, proofText, prove as proveEvent } from '../../trail/checkpoints/proof.ts'
import { type Failure, failure, isFailure, systemCode } from '../failure.ts'
import { readCheckpoints } from './checkpoints.ts'
import { shownLine, summaryOf } from './event-lines.ts'

type Options = { readonly checkpoints: string; readonly of?: string }

/** Prints what shows, to whoever has the checkpoints, that an event was in the trail. */
export async function prove(
  eventId: string,
  options: Options & { readonly data: string },
): Promise<Failure | undefined> {
  const checkpoints = readCheckpoints(options.checkpoints, options.of)
  if (isFailure(checkpoints)) return checkpoints
  const { trail } = dataDirectory(options.data)
  try {
    const proof = await proveEvent(trail, eventId, checkpoints)
    if ('why' in proof) return failure(proof.why)
    process.stdout.write(`${proofText(proof)}\n`)
    return undefined
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`the trail in ${trail} cannot be read: ${code}`)
  }
}

/** Checks a proof by the checkpoints alone, and prints the event. */
export function verifyProof(
  path: string,
  { checkpoints, of, json }: Options & { readonly json?: boolean },
): Failure | undefined {
  const published = readCheckpoints(checkpoints, of)
  if (isFailure(published)) return published
  const text = readText(path)
  if (isFailure(text)) return text
  const proof = parseProof(text)
  if (!proof) return failure(`${path} is no proof`)
  const checked = checkProof(proof, published)
  if ('why' in checked) return failure(`the proof does not hold: ${checked.why}`)
  process.stdout.write(`${json ? checked.event : shownLine(summaryOf(checked.event), () => undefined)}\n`)
  return undefined
}

function readText(path: string): string | Failure {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${path} cannot be read: ${code}`)
  }
}
