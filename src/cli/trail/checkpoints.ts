import { readFileSync } from 'node:fs'
import { type Checkpoint, parseCheckpoints } from '../../trail/checkpoints/checkpoint.ts'
import { type Failure, failure, misuse, systemCode } from '../failure.ts'

/**
 * Published checkpoints, from a file that they were appended to, or from exported events of another Trent.
 *
 * @param of - account of the installation, where the file has those of several.
 */
export function readCheckpoints(path: string, of?: string): readonly Checkpoint[] | Failure {
  try {
    const found = parseCheckpoints(readFileSync(path, 'utf8'))
    if (typeof found === 'number') return failure(`${path}:${found}: this is no checkpoint`)
    const wanted = of === undefined ? found : found.filter((checkpoint) => checkpoint.of === of)
    const several = new Set(wanted.map((checkpoint) => checkpoint.of)).size > 1
    if (several) return misuse(`${path} has checkpoints of several trails: say of which account with --of`)
    return wanted.length === 0 ? failure(`${path} has no checkpoints of that trail`) : wanted
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${path} cannot be read: ${code}`)
  }
}
