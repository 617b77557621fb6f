import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Makes a process write what lives on its heap, after a collection, into the directory it was started in or told of. */
export const HEAP_SNAPSHOT_ARGS = (directory: string): readonly string[] => [
  '--heapsnapshot-signal=SIGUSR2',
  `--diagnostic-dir=${directory}`,
]

const TIMEOUT_MS = 30_000
const LOOK_MS = 100

/** A heap snapshot of a process that was started with these arguments. */
export async function heapSnapshot(pid: number, directory: string): Promise<Buffer> {
  const before = new Set(readdirSync(directory))
  process.kill(pid, 'SIGUSR2')
  for (let waited = 0, size = -1; waited < TIMEOUT_MS; waited += LOOK_MS) {
    await delay(LOOK_MS)
    const name = readdirSync(directory).find((entry) => entry.endsWith('.heapsnapshot') && !before.has(entry))
    if (name === undefined) continue
    const path = join(directory, name)
    const now = statSync(path).size
    // Written in parts: it is whole when it ends as JSON does and grows no more.
    if (now > 0 && now === size) {
      const bytes = readFileSync(path)
      if (bytes.subarray(-8).toString('latin1').trimEnd().endsWith('}')) return bytes
    }
    size = now
  }
  throw new Error('no heap snapshot was written')
}
