import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Config } from './config.ts'
import type { DataDirectory } from './data-directory.ts'
import type { AccountId } from './domain/arn.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import { FOLLOW_INTERVAL_MS } from './domain/limits.ts'
import type { CloudTrail, DeliveredTrail } from './request/cloudtrail.ts'
import { type DigestKeys, openDigestKeys } from './request/digest-keys.ts'
import type { Log } from './request/log.ts'
import type { Outbox } from './request/outbox.ts'
import type { Clock, KeyProcess, Store } from './request/ports.ts'
import { type Follower, openFollower } from './trail/follower/follower.ts'
import type { FollowerSetup } from './trail/follower/messages.ts'
import { openHistoryBuilder } from './trail/history/builder.ts'
import { openForReading } from './trail/history/index-file.ts'
import { countByHour, lastUseOf, lookUp } from './trail/history/lookup.ts'
import { listSeries, readMinutes } from './trail/history/minutes.ts'
import type { BucketAccess } from './trail/log-files/bucket.ts'
import type { DigestSigner } from './trail/log-files/digest.ts'
import { endLogging } from './trail/log-files/exporter.ts'
import type { MemoryTrail } from './trail/memory.ts'
import type { OpenTrail } from './trail/segments.ts'
import type { WatchBuilder } from './trail/watch/builder.ts'
import type { Findings } from './unusual.ts'

/** What calls see of the trail, and what follows it. */
export type EventHistory = Omit<CloudTrail, 'unusual'> & {
  /** Nothing where nobody looks for the unusual. */
  readonly findings: Findings | undefined
  /** The last batch in the index; nothing while nothing builds one. */
  indexedBatch(): number | undefined
  close(): Promise<void>
}

export type HistoryParts = {
  readonly config: Config
  readonly account: AccountId
  readonly store: Store
  readonly hsm: KeyProcess
  readonly clock: Clock
  readonly log: Log
  /** Events of committed changes are on their way to the trail for a moment. */
  readonly outbox: Pick<Outbox, 'drain'>
}

/** How the trail is called where trails have names. */
const TRAIL_NAME = 'trent'

/** The follower knows failures as rejections. */
function signerOver(keys: DigestKeys): DigestSigner {
  const orThrow = (value: string | ServiceError): string => {
    if (isError(value)) throw new Error(`a digest cannot be signed: ${value.message ?? value.code}`, { cause: value })
    return value
  }
  return {
    keyAt: async (end) => orThrow(await keys.at(end)),
    sign: async (fingerprint, text) => orThrow(await keys.sign(fingerprint, text)),
  }
}

/** The history of a trail in memory: an index in memory, filled by the first lookup that needs it. */
export function historyInMemory(trail: MemoryTrail, { config, store, hsm, clock, outbox }: HistoryParts): EventHistory {
  let builder: ReturnType<typeof openHistoryBuilder> | undefined
  let known = 0
  const current = async () => {
    await outbox.drain()
    builder ??= openHistoryBuilder(':memory:')
    const { count } = trail
    if (count > known) builder.add(trail.lines().slice(-(count - known)), clock.now())
    known = count
    return builder.db
  }
  let watch: WatchBuilder | undefined
  let watched = 0
  const watchedUpToNow = async () => {
    await outbox.drain()
    watch ??= (await import('./trail/watch/builder.ts')).openWatchBuilder(':memory:')
    const { count } = trail
    if (count > watched) watch.add(trail.lines().slice(-(count - watched)))
    watched = count
    return watch.db
  }
  const findings: Findings = {
    after: async (...wanted) => (await watchFile()).findingsAfter(await watchedUpToNow(), ...wanted),
    before: async (...wanted) => (await watchFile()).findingsBefore(await watchedUpToNow(), ...wanted),
  }
  return {
    lookUp: async (query) => lookUp(await current(), query),
    lastUse: async (account, accessKeyId) => lastUseOf(await current(), account, accessKeyId),
    countByHour: async (query) => countByHour(await current(), query),
    metrics: {
      counts: async (series, from, to) => readMinutes(await current(), series, from, to),
      series: async (wanted) => listSeries(await current(), wanted),
    },
    digestKeys: openDigestKeys(store, hsm),
    trail: () => undefined,
    head: () => undefined,
    indexedBatch: () => undefined,
    findings: config.alarms && findings,
    close: async () => {
      builder?.[Symbol.dispose]()
      watch?.[Symbol.dispose]()
    },
  }
}

/** Buckets are let into with the keys of a file. */
function accessTo({ logFiles, regions }: Config): { readonly access?: BucketAccess } {
  const { credentialsPath, region = String(regions[0]) } = logFiles ?? {}
  return credentialsPath === undefined ? {} : { access: { credentialsPath, region } }
}

function setupOf(directory: DataDirectory, { head }: OpenTrail, { config, account }: HistoryParts): FollowerSetup {
  const { logFiles, regions, mode } = config
  const [homeRegion = 'us-east-1'] = regions
  const setup = {
    segments: directory.trail,
    history: directory.history,
    usage: directory.usage,
    ...(config.alarms ? { watch: directory.watch } : {}),
  }
  if (!logFiles) return setup
  const home = { account, region: homeRegion }
  // In the emulator accounts spring into being: digests begin with the first log file.
  const places = mode === 'dev' ? [] : regions.map((region) => ({ account, region }))
  const trail = { name: TRAIL_NAME, homeRegion }
  return {
    ...setup,
    logFiles: { begin: head, state: directory.logFiles, outlet: logFiles, trail, home, places, ...accessTo(config) },
  }
}

/** Loaded where somebody looks for the unusual. */
const watchFile = () => import('./trail/watch/watch-file.ts')

/** Opened for each look: it takes less than a millisecond, and the follower may make the file anew. */
function findingsIn(path: string): Findings {
  const read = async <T>(work: (file: Awaited<ReturnType<typeof watchFile>>, db: DatabaseSync) => readonly T[]) => {
    const file = await watchFile()
    using db = existsSync(path) ? file.openWatchForReading(path) : undefined
    return db ? work(file, db) : []
  }
  return {
    after: (...wanted) => read((file, db) => file.findingsAfter(db, ...wanted)),
    before: (...wanted) => read((file, db) => file.findingsBefore(db, ...wanted)),
  }
}

/** @returns nothing while there is no index. */
async function readIn<T>(
  path: string,
  log: Log,
  read: (db: DatabaseSync) => T | Promise<T>,
): Promise<T | undefined | ServiceError> {
  try {
    // Opened for each lookup, because the follower may make the file anew; it takes less than a page's reading.
    using db = existsSync(path) ? openForReading(path) : undefined
    return db && (await read(db))
  } catch (cause) {
    log.error('the index of events cannot be read', { cause })
    return error('KMSInternalException', undefined, cause)
  }
}

function deliveredTrail({ logFiles, regions: [homeRegion] }: Config, { status }: Follower): DeliveredTrail | undefined {
  if (!logFiles || homeRegion === undefined) return undefined
  const deliveredAt = status?.logFiles?.deliveredAt
  return {
    name: TRAIL_NAME,
    homeRegion,
    bucket: logFiles.bucket,
    ...(deliveredAt === undefined ? {} : { deliveredAt }),
    ...(status?.problem === undefined ? {} : { problem: status.problem }),
  }
}

/**
 * An installation that never looks events up or asks for costs is spared the indexes, and the thread's memory: the first who
 * asks makes them.
 */
function startOf({ logFiles, alarms }: Config, { history, usage }: DataDirectory): { readonly delayMs?: number } {
  if (logFiles) return { delayMs: 0 }
  return alarms || existsSync(history) || existsSync(usage) ? { delayMs: FOLLOW_INTERVAL_MS } : {}
}

/** The history of a trail in files, which a thread of its own follows. */
export function historyBehind(directory: DataDirectory, trail: OpenTrail, parts: HistoryParts): EventHistory {
  const { config, clock, log, store, hsm, outbox } = parts
  const digestKeys = openDigestKeys(store, hsm)
  if (!config.logFiles && existsSync(directory.logFiles)) endLogging(directory.logFiles)
  const follower = openFollower({
    setup: setupOf(directory, trail, parts),
    moment: () => ({ head: trail.head, now: clock.now() }),
    signer: signerOver(digestKeys),
    warn: (message, cause) => log.error(message, { cause }),
    ...startOf(config, directory),
  })
  const current = async <T>(read: (db: DatabaseSync) => T | Promise<T>) => {
    await outbox.drain()
    // What it has already is not waited for: alarms ask again and again.
    if ((follower.status?.historyBatch ?? -1) < trail.head.batch) await follower.reach()
    return readIn(directory.history, log, read)
  }
  return {
    lookUp: async (query) => (await current((db) => lookUp(db, query))) ?? { events: [] },
    lastUse: (account, accessKeyId) => current((db) => lastUseOf(db, account, accessKeyId)),
    countByHour: async (query) => (await current((db) => countByHour(db, query))) ?? [],
    metrics: {
      counts: async (series, from, to) => (await current((db) => readMinutes(db, series, from, to))) ?? [],
      series: async (wanted) => (await current((db) => listSeries(db, wanted))) ?? [],
    },
    digestKeys,
    trail: () => deliveredTrail(config, follower),
    head: () => trail.head,
    indexedBatch: () => follower.status?.historyBatch,
    findings: config.alarms && findingsIn(directory.watch),
    close: () => follower.close(),
  }
}
