import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mode } from '../src/config.ts'

const LAUNCHER = join(import.meta.dirname, '..', 'bin', 'trent')
const LISTENS = /listens at (https?:\/\/\S+)/
/** Milliseconds until a process that starts must listen. */
const START_TIMEOUT_MS = 20_000
/** Characters of output that are kept. */
const OUTPUT_MAX_CHARACTERS = 4_194_304

export type TrentProcessOptions = {
  readonly mode: Mode
  readonly data?: string
  /** Further arguments of the command. */
  readonly args?: readonly string[]
  /** Arguments of Node, for the API process. */
  readonly nodeArgs?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Path of what is run: the launcher, unless a test is about the sources. */
  readonly program?: string
}

/** A Trent in processes of its own, started as an operator starts it. */
export type TrentProcess = AsyncDisposable & {
  readonly url: string
  /** The API process; also the id of the process group that the key process belongs to. */
  readonly pid: number
  /** Process ids of the key processes that are alive. Linux only. */
  keyProcesses(): readonly number[]
  /** What it wrote so far, to stdout and to stderr. */
  output(): string
  /** A clean stop. @returns the exit code. */
  stop(): Promise<number | null>
  /** `kill -9` of the API process and the key process at once; resolves when both are gone. */
  kill(): Promise<void>
}

/** A Trent that was started and may not listen yet. */
export type LaunchedTrent = Pick<TrentProcess, 'pid' | 'kill'> & {
  /** Rejects with its output when it ends first, or takes too long. */
  readonly running: Promise<TrentProcess>
}

/** Starts Trent on a free port. */
export function launchTrent({
  mode,
  data,
  args = [],
  nodeArgs = [],
  env = process.env,
  program = LAUNCHER,
}: TrentProcessOptions): LaunchedTrent {
  const command = [...nodeArgs, program, mode, '--port', '0', ...(data === undefined ? [] : ['--data', data]), ...args]
  // A group of its own, so that one signal can reach API process and key process together.
  const child = spawn(process.execPath, command, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const output = collectOutput(child)
  const { pid = 0 } = child
  const kill = async () => {
    const members = [pid, ...childrenOf(pid)]
    process.kill(-pid, 'SIGKILL')
    await gone
    await Promise.all(members.map(untilGone))
  }
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    return gone
  }
  const dispose = async () => void (await stop())
  const keyProcesses = () => childrenOf(pid)
  const running = listening(child, output).then((url) => ({
    url,
    pid,
    output,
    keyProcesses,
    stop,
    kill,
    [Symbol.asyncDispose]: dispose,
  }))
  return { pid, kill, running }
}

/** Starts Trent on a free port and answers once it listens. Throws with its output when it does not. */
export function startTrentProcess(options: TrentProcessOptions): Promise<TrentProcess> {
  return launchTrent(options).running
}

function collectOutput(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < OUTPUT_MAX_CHARACTERS) text += chunk
    })
  return () => text
}

function listening(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`Trent ${why}:\n${output()}`))
    }
    const timer = setTimeout(fail, START_TIMEOUT_MS, 'does not listen')
    const onExit = () => {
      clearTimeout(timer)
      fail('ended at its start')
    }
    child.once('exit', onExit)
    child.once('error', reject)
    child.stdout?.on('data', () => {
      const url = LISTENS.exec(output())?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      child.off('exit', onExit)
      resolve(url)
    })
  })
}

/** Source: proc_pid_task(5), children. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw cause
  }
}

/** A killed child whose parent is dead is no longer ours to wait for, so it is looked for. */
async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** A zombie that nobody has collected yet does nothing any more. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2] !== 'Z'
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ESRCH')) return false
    throw cause
  }
}
