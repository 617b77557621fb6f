import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openKmsClient, readCredentials } from '../scripts/kms-client.ts'
import { startTrentProcess, type TrentProcess } from '../scripts/trent-process.ts'
import { type Figure, isMet, median, tableOf } from './figures.ts'
import { type Load, load, type Run } from './load.ts'
import { CORES, isInstalled, pin, privateMb, residentMb, watchMachine } from './machine.ts'
import { makeSubject, OPERATIONS, type Operation, type Subject, writeRequests } from './requests.ts'
import { measureStarts } from './start-up.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    starts: { type: 'string', default: '5' },
  },
})
const rounds = Number(options.rounds)
const seconds = Number(options.seconds)
const connections = Number(options.connections)
/** Until the just-in-time compiler has seen the whole path often enough. */
const WARM_UP_SECONDS = 8
/** Milliseconds of rest before memory is read: what the start needed has been collected by then. */
const REST_MS = 3_000

type Target = Pick<Load, 'url' | 'pids'>
type Pair = { readonly echo: Target; readonly trent: Target }

async function startEcho(bytes: number): Promise<Target & { stop(): void }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'echo.ts'), String(bytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve) => child.stdout.once('data', (line) => resolve(String(line).trim())))
  const { pid = 0 } = child
  pin(pid, CORES.server)
  return { url, pids: [pid], stop: () => void child.kill() }
}

/** Runs of both targets, in turn, so that whatever else the machine does falls on both. */
async function alternate(
  pair: Pair,
  requests: string,
  at: number,
): Promise<{ readonly [Name in keyof Pair]: readonly Run[] }> {
  const runs: { echo: Run[]; trent: Run[] } = { echo: [], trent: [] }
  for (const name of ['echo', 'trent'] as const)
    await load({ ...pair[name], requests, connections: at, seconds: WARM_UP_SECONDS })
  for (let round = 0; round < rounds; round += 1)
    for (const name of ['echo', 'trent'] as const)
      runs[name].push(await load({ ...pair[name], requests, connections: at, seconds }))
  return runs
}

const middle = (runs: readonly Run[], of: (run: Run) => number) => median(runs.map(of))
const DECRYPT_MIN = 0.3

async function measureOperation(pair: Pair, requests: string, operation: Operation): Promise<readonly Figure[]> {
  const { echo, trent } = await alternate(pair, requests, connections)
  const ratios = trent.map((run, round) => run.perSecond / (echo[round]?.perSecond ?? Number.NaN))
  const target = operation === 'Decrypt' ? { target: { min: DECRYPT_MIN } } : {}
  return [
    { name: `${operation}, ratio to the echo`, value: median(ratios), unit: 'x', digits: 3, ...target },
    { name: `${operation}, per second`, value: middle(trent, (run) => run.perSecond), unit: '/s' },
    { name: `${operation}, p50`, value: middle(trent, (run) => run.p50Us) / 1_000, unit: 'ms', digits: 2 },
    { name: `${operation}, p99`, value: middle(trent, (run) => run.p99Us) / 1_000, unit: 'ms', digits: 2 },
    {
      name: `${operation}, API process`,
      value: middle(trent, (run) => run.processorUs[0] ?? 0),
      unit: 'us CPU each',
      digits: 1,
    },
    {
      name: `${operation}, key process`,
      value: middle(trent, (run) => run.processorUs[1] ?? 0),
      unit: 'us CPU each',
      digits: 1,
    },
    {
      name: `${operation}, echo`,
      value: middle(echo, (run) => run.processorUs[0] ?? 0),
      unit: 'us CPU each',
      digits: 1,
    },
    { name: `${operation}, echo at the same time`, value: middle(echo, (run) => run.perSecond), unit: '/s' },
  ]
}

async function measureAlone(pair: Pair, requests: string): Promise<readonly Figure[]> {
  const { trent } = await alternate(pair, requests, 1)
  return [
    {
      name: 'Decrypt, p50 with one connection',
      value: middle(trent, (run) => run.p50Us) / 1_000,
      unit: 'ms',
      digits: 2,
      target: { max: 0.5 },
    },
  ]
}

function memory(name: string, pids: readonly number[], target?: Figure['target']): readonly Figure[] {
  const [api = 0, ...keys] = pids
  const added = keys.reduce((sum, pid) => sum + privateMb(pid), 0)
  const together = residentMb(api) + added
  return [
    // Both run the same program, whose pages are in memory once.
    { name: `memory ${name}, both processes`, value: together, unit: 'MB', ...(target ? { target } : {}) },
    { name: `memory ${name}, API process`, value: residentMb(api), unit: 'MB' },
    { name: `memory ${name}, key process alone`, value: added, unit: 'MB' },
  ]
}

async function measureService(directory: string, trent: TrentProcess): Promise<readonly Figure[]> {
  const endpoint = { url: trent.url, credentials: readCredentials(directory) }
  const pids = [trent.pid, ...trent.keyProcesses()]
  await delay(REST_MS)
  const idle = memory('idle', pids, { max: 180 })
  pin(trent.pid, CORES.server)
  for (const pid of trent.keyProcesses()) pin(pid, CORES.load)
  const client = openKmsClient(endpoint)
  const subject: Subject = await makeSubject(client)
  client.close()
  const echo = await startEcho(subject.answerBytes)
  const pair = { echo, trent: { url: trent.url, pids } }
  const requests = join(directory, 'requests')
  const figures: Figure[] = []
  try {
    for (const operation of OPERATIONS) {
      process.stderr.write(`${operation} ...\n`)
      writeRequests(requests, endpoint, operation, subject)
      figures.push(...(await measureOperation(pair, requests, operation)))
      if (operation === 'Decrypt') figures.push(...(await measureAlone(pair, requests)))
    }
  } finally {
    echo.stop()
  }
  return [...figures, ...idle, ...memory('after the load', pids)]
}

async function measure(): Promise<readonly Figure[]> {
  process.stderr.write('starts ...\n')
  const { first, later } = await measureStarts(Number(options.starts))
  const starts: readonly Figure[] = [
    { name: 'trent dev, start to first answer', value: median(later), unit: 'ms', target: { max: 400 } },
    { name: 'trent dev, the very first start', value: first, unit: 'ms' },
  ]
  const directory = mkdtempSync(join(tmpdir(), 'trent-bench-'))
  try {
    await using trent = await startTrentProcess({ mode: 'serve', data: directory })
    return [...starts, ...(await measureService(directory, trent))]
  } finally {
    rmSync(directory, { recursive: true })
  }
}

if (!isInstalled('wrk')) {
  process.stderr.write('The benchmark needs the load generator wrk: apt-get install wrk\n')
  process.exit(1)
}
const machine = watchMachine()
const figures = await measure()
const { steal, idle } = machine()
process.stdout.write(`${tableOf(figures)}\n\n`)
process.stdout.write(
  `Machine: ${idle.toFixed(0)} % idle, ${steal.toFixed(1)} % taken by its hypervisor. Distrust a run with more than 2 %.\n`,
)
const missed = figures.filter((figure) => isMet(figure) === false)
process.stdout.write(missed.length === 0 ? 'All targets are met.\n' : `${missed.length} targets are missed.\n`)
