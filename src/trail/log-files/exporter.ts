import { DIGEST_PERIOD_MS, LOG_DELIVERY_MS } from '../../domain/limits.ts'
import type { Head } from '../chain.ts'
import type { TrailPosition } from '../follow.ts'
import type { BucketAccess } from './bucket.ts'
import { deliver, finishPlan } from './delivery.ts'
import { type DigestSigner, writeDigest } from './digest.ts'
import type { LogPlace, LogTrail } from './names.ts'
import { objectWriter } from './objects.ts'
import { type Chain, type LogFileState, type Outlet, openLogFileState, type Progress } from './state.ts'

/** How far the trail is durable, and what time it is in milliseconds since the epoch. */
export type Moment = { readonly head: Pick<Head, 'segment' | 'batch'>; readonly now: number }

export type ExporterOptions = {
  /** Directory of the trail's segments. */
  readonly segments: string
  /** Where the trail ends as the service starts: where logging begins when it was off. */
  readonly begin: Moment['head']
  /** Path of the database that remembers how far delivery has come. */
  readonly state: string
  readonly outlet: Outlet
  /** To buckets. */
  readonly access?: BucketAccess
  readonly trail: LogTrail
  /** Where events go that name no account or Region. */
  readonly home: LogPlace
  /** Places that have digests from the beginning, also without any event. */
  readonly places: readonly LogPlace[]
  readonly signer: DigestSigner
}

export type ExporterStatus = {
  /** The last batch of the trail that is delivered. */
  readonly batch: number
  /** Absent while nothing was delivered. */
  readonly deliveredAt?: number
}

/** Delivers log files and digests behind the trail. What throws is to be tried again; nothing is lost or done twice. */
export type Exporter = Disposable & {
  /** Does what is due. */
  tick(moment: Moment): Promise<void>
  /** Delivers all that there is, with digests up to now. */
  finish(moment: Moment): Promise<void>
  /** Nothing before the first call of another method. */
  status(): ExporterStatus | undefined
}

const SECOND_MS = 1_000
const floorSecond = (time: number) => Math.floor(time / SECOND_MS) * SECOND_MS

function isSame(a: Outlet, b: Outlet): boolean {
  return a.directory === b.directory && a.bucket === b.bucket
}

/** When the next digest of a chain ends: an hour after it began, or now when nobody was there to write it then. */
function dueEnd({ periodStart, closingAt }: Chain, now: number): number | undefined {
  if (closingAt !== undefined) return closingAt
  const end = periodStart + DIGEST_PERIOD_MS
  if (now < end) return undefined
  return now < end + DIGEST_PERIOD_MS ? end : floorSecond(now)
}

/** A digest covers a second at least, and the files of the second that is running. */
const finalEnd = ({ periodStart }: Chain, now: number) =>
  Math.max(floorSecond(now) + SECOND_MS, floorSecond(periodStart) + SECOND_MS)

/** Opens the delivery of log files; the first call of a method begins or goes on where the last process stood. */
export function openExporter(options: ExporterOptions): Exporter {
  const { outlet, trail, signer, home, segments } = options
  const write = objectWriter(options.access)
  const state = openLogFileState(options.state)
  const source = { trail: segments, home, write }

  async function closeChains(to: Outlet, now: number): Promise<void> {
    const parts = { state, outlet: to, trail, signer, write }
    for (const chain of state.chains()) if (chain.closingAt !== undefined) await writeDigest(parts, chain, now)
    for (const chain of state.chains()) await writeDigest(parts, chain, finalEnd(chain, now))
  }

  let isBegun = false
  let begunAt: number | undefined

  /** What was planned is finished where it was planned, before anything goes elsewhere. */
  async function begin(now: number): Promise<void> {
    const known = state.progress()
    if (known?.isOn && !isSame(known, outlet)) {
      await finishPlan(state, source, known)
      await closeChains(known, now)
      state.moveTo(outlet)
    }
    if (!known?.isOn) {
      begunAt = floorSecond(now)
      state.begin(outlet, startAt(options.begin), begunAt)
    }
    for (const place of options.places) state.addChain(place, floorSecond(now))
    isBegun = true
  }

  /** A failure may have left a plan, as a crash may. */
  async function current(now: number): Promise<Progress> {
    if (!isBegun) await begin(now)
    await finishPlan(state, source, progress(state))
    return progress(state)
  }

  async function deliverAll(moment: Moment): Promise<void> {
    while (await deliver(state, source, progress(state), moment));
  }

  return {
    async tick(moment) {
      const { deliveredAt, position } = await current(moment.now)
      const isDue = Math.abs(moment.now - deliveredAt) >= LOG_DELIVERY_MS
      if (isDue && position.batch < moment.head.batch) await deliverAll(moment)
      for (const chain of state.chains()) {
        const end = dueEnd(chain, moment.now)
        if (end !== undefined) await writeDigest({ state, outlet, trail, signer, write }, chain, end)
      }
    },
    async finish(moment) {
      await current(moment.now)
      await deliverAll(moment)
      await closeChains(outlet, moment.now)
    },
    status() {
      const known = state.progress()
      if (!known?.isOn) return undefined
      const { position, deliveredAt } = known
      return { batch: position.batch, ...(deliveredAt === begunAt ? {} : { deliveredAt }) }
    },
    [Symbol.dispose]: () => state[Symbol.dispose](),
  }
}

function progress(state: LogFileState): Progress {
  const known = state.progress()
  if (known === undefined) throw new TypeError('the delivery of log files has not begun')
  return known
}

/** Logging begins with the first event after it was switched on. */
const startAt = ({ segment, batch }: Moment['head']): TrailPosition => ({ segment, offset: 0, batch })

/**
 * Takes note that a service ran without delivering log files: when it is switched on again, logging begins anew with digests
 * that have no predecessor. Source: CloudTrail user guide, digest chains end when logging is stopped.
 */
export function endLogging(path: string): void {
  using state = openLogFileState(path)
  state.end()
}
