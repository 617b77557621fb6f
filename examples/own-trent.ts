import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type OwnTrent = AsyncDisposable & {
  /** What the SDK's client must be told: the emulator takes any credentials. */
  readonly client: {
    readonly endpoint: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
}

/** Starts an emulator on a free port; it ends with the example. */
export async function startTrent(): Promise<OwnTrent> {
  const launcher = join(import.meta.dirname, '..', 'bin', 'trent')
  const child = spawn(process.execPath, [launcher, 'dev', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  for await (const line of createInterface(child.stdout)) {
    const endpoint = /listens at (\S+)/.exec(line)?.[1]
    if (endpoint === undefined) continue
    const stop = async () => {
      child.kill()
      await gone
    }
    return {
      client: { endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
      [Symbol.asyncDispose]: stop,
    }
  }
  throw new Error('Trent ended at its start')
}
