import type { Alarm, AlarmHistoryItem, AlarmHistoryType } from '../domain/alarm.ts'
import type { Scope } from '../domain/arn.ts'
import type { Page } from './page.ts'

/** Changes of alarms. An alarm of revision 1 must not be there; any other replaces the one before it. */
export type AlarmChange =
  | { readonly kind: 'put-alarm'; readonly alarm: Alarm }
  | { readonly kind: 'delete-alarm'; readonly alarm: Alarm }
  | { readonly kind: 'add-alarm-history'; readonly item: AlarmHistoryItem }

export type AlarmHistoryWanted = {
  readonly name?: string
  readonly type?: AlarmHistoryType
  /** Milliseconds since the epoch, both included. */
  readonly from: number
  readonly to: number
  /** What an earlier page answered as `next`. */
  readonly after?: number
  readonly limit: number
  readonly isAscending: boolean
}

/** What the store knows of alarms. */
export interface AlarmStore {
  findAlarm(scope: Scope, name: string): Promise<Alarm | undefined>
  /** In order of name. */
  listAlarms(scope: Scope, page: Page<string> & { readonly prefix?: string }): Promise<readonly Alarm[]>
  countAlarms(scope: Scope): Promise<number>
  hasAlarms(): Promise<boolean>
  /** Of every account and Region. */
  allAlarms(page: Page<Pick<Alarm, 'account' | 'region' | 'name'>>): Promise<readonly Alarm[]>
  /** @returns items in order of time, and where the next page begins when there may be one. */
  alarmHistory(
    scope: Scope,
    wanted: AlarmHistoryWanted,
  ): Promise<{ readonly items: readonly AlarmHistoryItem[]; readonly next?: number }>
}
