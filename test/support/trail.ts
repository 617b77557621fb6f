import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { checkEvent } from './event-schema.ts'

/** A CloudTrail event as the trail holds it. */
export type TrailEvent = {
  readonly eventID: string
  readonly eventName: string
  readonly eventType: string
  readonly requestID?: string
  readonly [field: string]: unknown
}

/** Events of one directory that are checked at its end: those of a test under load are all alike. */
const CHECKED_MAX = 20_000

/**
 * Fails when an event in a data directory is not as CloudTrail writes events; nothing is checked where there is no trail.
 *
 * Whatever a test is about, the events that it leaves are looked at when its server stops.
 */
export async function checkTrail(data: string): Promise<void> {
  if (!existsSync(join(data, 'trail'))) return
  const lines = (await trailText(data)).split('\n').filter((line) => line.startsWith('{"eventVersion":'))
  for (const line of lines.slice(-CHECKED_MAX)) checkEvent(line)
}

/** All events of a data directory, oldest first; lines that link batches have no event id. */
export async function trailEvents(data: string): Promise<readonly TrailEvent[]> {
  return (await trailText(data))
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => parseEvent(line))
    .filter((event) => event.eventID !== undefined)
}

async function trailText(data: string): Promise<string> {
  const directory = join(data, 'trail')
  const names = (await readdir(directory)).filter((name) => name.startsWith('segment-') && !name.endsWith('.tmp'))
  return (await Promise.all(names.sort().map((name) => textOf(join(directory, name))))).join('')
}

async function textOf(path: string): Promise<string> {
  const bytes = await readFile(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

function parseEvent(line: string): TrailEvent {
  return JSON.parse(line) as TrailEvent
}

const WAIT_MS = 3_000

/** The events of a request. Those of changes come by way of the store's outbox, so that they are waited for. */
export async function eventsOf(data: string, requestId: string): Promise<readonly TrailEvent[]> {
  for (const end = Date.now() + WAIT_MS; ; await delay(20)) {
    const found = (await trailEvents(data)).filter((event) => event.requestID === requestId)
    if (found.length > 0 || Date.now() > end) return found
  }
}

/** The events of that name about a key, once there are so many, or after a while as many as there are. */
export async function keyEvents(
  data: string,
  eventName: string,
  arn: string,
  count = 1,
): Promise<readonly TrailEvent[]> {
  for (const end = Date.now() + WAIT_MS; ; await delay(20)) {
    const found = (await trailEvents(data)).filter(
      (event) => event.eventName === eventName && JSON.stringify(event.resources).includes(arn),
    )
    if (found.length >= count || Date.now() > end) return found
  }
}
