import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'

/** A CloudTrail event as the trail holds it. */
export type TrailEvent = {
  readonly eventID: string
  readonly eventName: string
  readonly eventType: string
  readonly requestID?: string
  readonly [field: string]: unknown
}

/** All events of a data directory, oldest first; lines that link batches have no event id. */
export async function trailEvents(data: string): Promise<readonly TrailEvent[]> {
  const directory = join(data, 'trail')
  const names = (await readdir(directory)).filter((name) => name.startsWith('segment-') && !name.endsWith('.tmp'))
  const texts = await Promise.all(names.sort().map((name) => textOf(join(directory, name))))
  return texts
    .join('')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => parseEvent(line))
    .filter((event) => event.eventID !== undefined)
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
