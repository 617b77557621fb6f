import { setTimeout as delay } from 'node:timers/promises'
import { dataDirectory } from '../../data-directory.ts'
import { FOLLOW_INTERVAL_MS } from '../../domain/limits.ts'
import { followBatches, type TrailPosition } from '../../trail/follow.ts'
import { readEvents } from '../../trail/read.ts'
import { listSegments } from '../../trail/segment-name.ts'
import { type Failure, failure, misuse, systemCode } from '../failure.ts'
import { type Aliases, aliasesIn, type Filter, isWanted, shownLine, summaryOf, wrongTime } from './event-lines.ts'

type Options = Filter & { readonly data: string; readonly json?: boolean }

const EVERYTHING = { segment: Number.MAX_SAFE_INTEGER, batch: Number.MAX_SAFE_INTEGER }
/** Lines that `tail` shows at most. */
const TAIL_MAX = 10_000

/** Runs `work` on a data directory; what the system refuses is one line for a person. */
async function inDirectory(
  options: Options,
  work: (segments: string, aliasOf: Aliases) => Promise<void>,
): Promise<Failure | undefined> {
  const wrong = wrongTime(options)
  if (wrong !== undefined) return misuse(`'${wrong}' is no time such as 2026-11-22T08:00:00Z`)
  const directory = dataDirectory(options.data)
  try {
    await work(directory.trail, aliasesIn(directory.database))
    return undefined
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`the trail in ${directory.trail} cannot be read: ${code}`)
  }
}

const write = (line: string) => process.stdout.write(`${line}\n`)

function print(line: string, { json }: Options, aliasOf: Aliases): void {
  write(json ? line : shownLine(summaryOf(line), aliasOf))
}

/** The newest events, oldest of them first; with `follow`, those that come too, until it is interrupted. */
export async function tail(
  options: Options & { readonly lines: string; readonly follow?: boolean },
): Promise<Failure | undefined> {
  const count = Number(options.lines)
  if (!Number.isInteger(count) || count < 0 || count > TAIL_MAX)
    return misuse(`--lines takes a number up to ${TAIL_MAX}, not '${options.lines}'`)
  return inDirectory(options, async (segments, aliasOf) => {
    const newest = (await listSegments(segments)).segments.at(-1)?.number ?? 0
    let position: TrailPosition = { segment: Math.max(newest - 1, 0), offset: 0, batch: 0 }
    let last: string[] = []
    for await (const followed of followBatches(segments, position, EVERYTHING)) {
      last = count === 0 ? [] : [...last, ...followed.events].slice(-count)
      position = followed.position
    }
    for (const line of last) print(line, options, aliasOf)
    while (options.follow) {
      await delay(FOLLOW_INTERVAL_MS)
      for await (const followed of followBatches(segments, position, EVERYTHING)) {
        for (const line of followed.events) print(line, options, aliasOf)
        position = followed.position
      }
    }
  })
}

/** All events that the filter wants, oldest first. */
export function search(options: Options): Promise<Failure | undefined> {
  return inDirectory(options, async (segments, aliasOf) => {
    for await (const { text } of readEvents(segments))
      if (isWanted(summaryOf(text), options, aliasOf)) print(text, options, aliasOf)
  })
}

/** The events that the filter wants, as the content of a CloudTrail log file. */
export function exportEvents(options: Options): Promise<Failure | undefined> {
  return inDirectory(options, async (segments, aliasOf) => {
    let separator = '{"Records":['
    for await (const { text } of readEvents(segments)) {
      if (!isWanted(summaryOf(text), options, aliasOf)) continue
      process.stdout.write(`${separator}${text}`)
      separator = ','
    }
    write(separator === ',' ? ']}' : `${separator}]}`)
  })
}
