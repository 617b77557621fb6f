import type { AccountId, Region } from '../domain/arn.ts'
import type { ServiceError } from '../domain/error.ts'
import type { Head } from '../trail/chain.ts'
import type { HistoryEntry } from '../trail/history/entry.ts'
import type { HistoryPage, HistoryQuery, HourCount, HourQuery } from '../trail/history/lookup.ts'
import type { DigestKeys } from './digest-keys.ts'
import type { MetricHistory } from './metric-history.ts'
import type { Unusual } from './unusual.ts'

/** The trail that log files are delivered of. */
export type DeliveredTrail = {
  readonly name: string
  readonly homeRegion: Region
  readonly bucket: string
  /** Milliseconds since the epoch; absent before the first delivery. */
  readonly deliveredAt?: number
  /** Why the last attempt failed. */
  readonly problem?: string
}

/** What operations know of the trail as CloudTrail shows it. */
export type CloudTrail = {
  /** Events of the trail, newest first; `KMSInternalException` when the index cannot be read. */
  lookUp(query: HistoryQuery): Promise<HistoryPage | ServiceError>
  /** The newest call, in any Region, that was signed with an access key; errors as of `lookUp`. */
  lastUse(account: AccountId, accessKeyId: string): Promise<HistoryEntry | undefined | ServiceError>
  readonly metrics: MetricHistory
  readonly unusual: Unusual
  /** Events about a resource, by hour; errors as of `lookUp`. */
  countByHour(query: HourQuery): Promise<readonly HourCount[] | ServiceError>
  readonly digestKeys: Pick<DigestKeys, 'between'>
  /** Nothing where no log files are delivered. */
  trail(): DeliveredTrail | undefined
  /** The last batch that is durable, and the hash that covers everything up to it; nothing of a trail in memory. */
  head(): Pick<Head, 'segment' | 'batch' | 'hash'> | undefined
}

export type { ShownEvent } from '../trail/history/entry.ts'
export { ATTRIBUTES, type Attribute } from '../trail/history/entry.ts'
export type { HistoryMark, HistoryQuery } from '../trail/history/lookup.ts'

/** @returns the ARN of a trail. Source: service authorization reference, CloudTrail. */
export function trailArn(partition: string, account: AccountId, { homeRegion, name }: DeliveredTrail): string {
  return `arn:${partition}:cloudtrail:${homeRegion}:${account}:trail/${name}`
}
