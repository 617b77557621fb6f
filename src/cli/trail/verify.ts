import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { dataDirectory } from '../../data-directory.ts'
import { ANCHOR_SETTING } from '../../trail/anchor.ts'
import { type Problem, type Report, verifyTrail } from '../../trail/verify.ts'
import { type Failure, failure, isFailure, systemCode } from '../failure.ts'
import { type Column, showRecord } from '../show.ts'
import { readCheckpoints } from './checkpoints.ts'

const COLUMNS: readonly Column<Report>[] = [
  ['Trail', (report) => (report.ok ? 'ok' : 'DAMAGED')],
  ['Events', (report) => String(report.events)],
  ['Batches', (report) => String(report.batches)],
  ['Segments', (report) => String(report.segments)],
  ['Sealed', (report) => (report.sealed ? 'yes' : 'no: in use, or not stopped cleanly')],
  ['Unfinished bytes', (report) => (report.unfinishedBytes === 0 ? undefined : String(report.unfinishedBytes))],
  ['Head', (report) => report.head.hash],
  ['Problems', (report) => (report.problemCount === 0 ? undefined : String(report.problemCount))],
]

/** Verifies the trail of a data directory against the head that its store remembers. A problem fails the command. */
export async function verify({
  data,
  json,
  checkpoints: path,
  of,
}: {
  readonly data: string
  readonly json?: boolean
  readonly checkpoints?: string
  readonly of?: string
}): Promise<Failure | undefined> {
  const directory = dataDirectory(data)
  const published = path === undefined ? [] : readCheckpoints(path, of)
  if (isFailure(published)) return published
  try {
    const report = await verifyTrail(directory.trail, rememberedHead(directory.database), published)
    showRecord(report, COLUMNS, json === undefined ? {} : { json })
    if (!existsSync(directory.database) && path === undefined)
      process.stderr.write(
        `trent: there is no ${directory.database} to remember the head of the trail: whether its end was cut off is told by --checkpoints alone\n`,
      )
    if (report.ok) return undefined
    if (!json) for (const problem of report.problems) process.stdout.write(`${lineOf(problem)}\n`)
    return failure(`the trail in ${directory.trail} does not verify`)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`the trail in ${directory.trail} cannot be read: ${code}`)
  }
}

function lineOf({ file = 'the trail', line, what }: Problem): string {
  return `${line === undefined ? file : `${file}:${line}`}: ${what}`
}

/** Read without a writer's rights, so that a running service is not disturbed. A copy of the trail alone has no store. */
function rememberedHead(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  const store = new DatabaseSync(path, { readOnly: true })
  try {
    const value = store.prepare('select value from settings where name = ?').get(ANCHOR_SETTING)?.value
    return typeof value === 'string' ? value : undefined
  } finally {
    store.close()
  }
}
