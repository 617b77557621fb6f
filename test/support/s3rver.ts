import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** S3rver, an S3-compatible server. Its only access key is S3RVER, with the secret S3RVER. */
export type ObjectStore = AsyncDisposable & {
  readonly url: string
  /** Where its objects are. */
  readonly directory: string
}

const PROGRAM = join(import.meta.dirname, '..', '..', 'node_modules', 's3rver', 'bin', 's3rver.js')

/** Starts one with these buckets, in a process of its own; all of it is gone at the end. */
export async function startObjectStore(...buckets: readonly string[]): Promise<ObjectStore> {
  const directory = mkdtempSync(join(tmpdir(), 'trent-objects-'))
  const port = await freePort()
  const args = ['-d', directory, '-a', '127.0.0.1', '-p', String(port), '--silent']
  const named = buckets.flatMap((name) => ['--configure-bucket', name])
  const child = spawn(process.execPath, [PROGRAM, ...args, ...named], { stdio: 'ignore' })
  const gone = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await answering(url)
  return {
    url,
    directory,
    async [Symbol.asyncDispose]() {
      child.kill()
      await gone
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer) return
    await delay(50)
  }
  throw new Error('S3rver did not start')
}
