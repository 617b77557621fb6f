import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')
export const LAUNCHER = join(ROOT, 'bin', 'trent')
/** Milliseconds; generous, since a test must not fail for a slow machine. */
const START_TIMEOUT_MS = 60_000
const LISTENS = /^Trent listens at (\S+) /m

/** Nothing of the machine's own settings and credentials; `trent` and the Node it is made for are found first. */
export function cleanEnvironment(home: string): Record<string, string> {
  const path = [dirname(LAUNCHER), dirname(process.execPath), process.env.PATH ?? ''].join(delimiter)
  return { PATH: path, HOME: home, XDG_CACHE_HOME: join(ROOT, 'node_modules', '.cache') }
}

/** A directory that is gone at the end. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'trent-cli-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export type Trent = AsyncDisposable & {
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  /** Base URL once it listens. Rejects with its output when it ends instead. */
  readonly url: Promise<string>
  readonly ended: Promise<Ended>
}

export type Run = {
  readonly home: string
  readonly node?: string
  readonly launcher?: string
  readonly uid?: number
  readonly env?: Record<string, string>
}

/** Starts the launcher with the pinned Node, or another one. */
export function trent(
  args: readonly string[],
  { home, node = process.execPath, launcher = LAUNCHER, uid, env }: Run,
): Trent {
  const child = spawn(node, [launcher, ...args], {
    cwd: home,
    env: { ...cleanEnvironment(home), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
  })
  let stdout = ''
  let stderr = ''
  const listening = Promise.withResolvers<string>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    const url = LISTENS.exec(stdout)?.[1]
    if (url !== undefined) listening.resolve(url)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, stdout, stderr }))
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  listening.promise.then(() => clearTimeout(timer)).catch(() => clearTimeout(timer))
  ended.then((end) => listening.reject(new Error(`ended before it listened: ${JSON.stringify(end)}`)))
  return {
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    url: listening.promise,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Runs one command to its end. */
export async function ran(args: readonly string[], run: Run): Promise<Ended> {
  const started = trent(args, run)
  started.url.catch(() => undefined)
  return started.ended
}
