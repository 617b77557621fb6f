import { writeFileSync } from 'node:fs'
import { KEY_ACTIVITY_DAYS_MAX } from '../../domain/limits.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Answer, controlClient } from '../control/call.ts'
import { type Failure, failure, isFailure, misuse, systemCode } from '../failure.ts'
import { type ShowOptions, showJson } from '../show.ts'
import { heatMapLines, heatMapOf, heatMapSvg } from './heat-map.ts'

const DAYS_DEFAULT = 14
const MS_PER_SECOND = 1_000

type Activity = {
  readonly KeyId: string
  readonly From: number
  readonly Hours: readonly { readonly Start: number; readonly Calls: number }[]
}

function parseActivity(answer: Answer): Activity {
  return answer as Activity
}

/** Prints when a key was called about, hour by hour, and draws it where that is wanted. */
export async function keyUsage(
  key: string,
  options: ClientOptions & ShowOptions & { readonly days?: string; readonly svg?: string },
): Promise<Failure | undefined> {
  const days = Number(options.days ?? DAYS_DEFAULT)
  if (!Number.isInteger(days) || days < 1 || days > KEY_ACTIVITY_DAYS_MAX)
    return misuse(`--days takes a number from 1 to ${KEY_ACTIVITY_DAYS_MAX}, not '${options.days}'`)
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const answer = await client('GetKeyActivity', { KeyId: key, Days: days })
  if (isFailure(answer)) return answer
  const activity = parseActivity(answer)
  const counts = activity.Hours.map(({ Start, Calls }) => ({ start: Start * MS_PER_SECOND, calls: Calls }))
  const map = heatMapOf(activity.From * MS_PER_SECOND, days, counts)
  if (options.json) showJson(activity)
  else process.stdout.write(`${heatMapLines(map).join('\n')}\n`)
  return options.svg === undefined ? undefined : draw(options.svg, heatMapSvg(map, `Calls about ${activity.KeyId}`))
}

function draw(path: string, svg: string): Failure | undefined {
  try {
    writeFileSync(path, svg)
    return undefined
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${path} cannot be written: ${code}`)
  }
}
