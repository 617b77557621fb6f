import { readFileSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { TRAIL_LOCK_ATTEMPTS_MAX } from '../domain/limits.ts'
import { LOCK_NAME } from './segment-name.ts'

type Holder = { readonly pid: number; readonly started: string }

function codeOf(problem: unknown): unknown {
  return problem instanceof Error && 'code' in problem ? problem.code : undefined
}

/**
 * When a process was started, in clock ticks since the boot; empty where the system does not tell. A process id alone is
 * not enough: in a container the next writer has often the same id as the one that crashed.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold spaces; the start is field 22, the 20th after it. Source: proc(5).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch (problem) {
    if (codeOf(problem) === undefined) throw problem
    return ''
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (problem) {
    if (codeOf(problem) === 'ESRCH') return false
    if (codeOf(problem) !== 'EPERM') throw problem
  }
  return started === '' || startOf(pid) === started
}

const HOLDER = /^(\d{1,10}) (\d*)\n$/

function parseHolder(text: string): Holder | undefined {
  const [, pid, started] = HOLDER.exec(text) ?? []
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1')
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return undefined
    throw problem
  }
}

/** Names of this process's own, beside the lock. */
let names = 0

function ownName(path: string): string {
  names += 1
  return `${path}.${process.pid}.${names}`
}

/** Gives `from` the lock's name, which nobody may have: a link is made whole or not at all. */
async function linkLock(from: string, path: string): Promise<boolean> {
  try {
    await link(from, path)
    return true
  } catch (problem) {
    if (codeOf(problem) === 'EEXIST') return false
    throw problem
  } finally {
    await rm(from)
  }
}

async function create(path: string, text: string): Promise<boolean> {
  const own = ownName(path)
  await writeFile(own, text, { mode: 0o600, flush: true })
  return linkLock(own, path)
}

function held(by: string): ServiceError {
  return error('KMSInternalException', `The trail is being written by ${by}.`)
}

/** Moves a dead writer's lock aside. Another process may have done so first: then what was moved is its lock, and goes back. */
async function removeStale(path: string, stale: string): Promise<ServiceError | undefined> {
  const aside = ownName(path)
  try {
    await rename(path, aside)
  } catch (problem) {
    if (codeOf(problem) === 'ENOENT') return undefined
    throw problem
  }
  if ((await readFile(aside, 'latin1')) === stale) return void (await rm(aside))
  await linkLock(aside, path)
  return held('another process')
}

async function takeOver(path: string): Promise<ServiceError | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  const holder = parseHolder(text)
  if (holder === undefined) return held('a process that left an unreadable lock')
  if (isAlive(holder)) return held(`process ${holder.pid}`)
  return removeStale(path, text)
}

/**
 * Makes this process the only writer of the directory.
 *
 * @returns a function that gives the lock back, or `KMSInternalException` when another living process holds it.
 */
export async function lockTrail(directory: string): Promise<(() => Promise<void>) | ServiceError> {
  const path = join(directory, LOCK_NAME)
  const own = `${process.pid} ${startOf(process.pid)}\n`
  for (let attempt = 0; attempt < TRAIL_LOCK_ATTEMPTS_MAX; attempt += 1) {
    if (await create(path, own)) return () => rm(path, { force: true })
    const problem = await takeOver(path)
    if (isError(problem)) return problem
  }
  return held('another process')
}
