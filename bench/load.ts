import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CORES, pinned, processorTimeUs } from './machine.ts'

const SCRIPT = join(import.meta.dirname, 'replay.lua')

export type Load = {
  readonly url: string
  /** File of requests to replay. */
  readonly requests: string
  readonly connections: number
  readonly seconds: number
  /** Processes whose processor time is counted, in this order. */
  readonly pids: readonly number[]
}

/** What one run of the load generator measured. */
export type Run = {
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  /** Processor time per request of each process. */
  readonly processorUs: readonly number[]
}

function parseSummary(
  line: string,
): Omit<Run, 'processorUs'> & { readonly requests: number; readonly refused: number; readonly broken: number } {
  return JSON.parse(line)
}

/** Loads a server. Throws when any answer is not a success: such a figure would be worth nothing. */
export async function load({ url, requests, connections, seconds, pids }: Load): Promise<Run> {
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT, url] as const
  const [command, ...args] = pinned(CORES.load, [...wrk])
  const before = pids.map(processorTimeUs)
  const child = spawn(command, args, {
    env: { ...process.env, REQUESTS: requests },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = await text(child.stdout)
  const after = pids.map(processorTimeUs)
  const summary = parseSummary(output.trim().split('\n').at(-1) ?? '')
  if (summary.refused + summary.broken > 0)
    throw new Error(`${summary.refused} answers were refusals, ${summary.broken} connections broke`)
  const { perSecond, p50Us, p99Us } = summary
  return { perSecond, p50Us, p99Us, processorUs: after.map((us, i) => (us - (before[i] ?? 0)) / summary.requests) }
}
