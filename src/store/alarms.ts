import type { Alarm, AlarmHistoryItem } from '../domain/alarm.ts'
import type { Scope } from '../domain/arn.ts'
import { ALARM_HISTORY_MAX } from '../domain/limits.ts'
import type { AlarmChange, AlarmHistoryWanted, AlarmStore } from '../request/alarm-store.ts'
import { frozen, integer, type Row, text } from './rows.ts'
import type { Statements } from './statements.ts'
import { type Applied, alarmSubject } from './subject.ts'

function parseAlarm(row: Row): Alarm {
  return frozen(JSON.parse(text(row, 'record'))) as Alarm
}

function parseItem(scope: Scope, row: Row): AlarmHistoryItem {
  const { summary, data } = JSON.parse(text(row, 'record')) as Pick<AlarmHistoryItem, 'summary' | 'data'>
  const type = text(row, 'type') as AlarmHistoryItem['type']
  return { ...scope, name: text(row, 'name'), at: integer(row, 'happened_at'), type, summary, data }
}

function historyRows(sql: Statements, { account, region }: Scope, wanted: AlarmHistoryWanted): readonly Row[] {
  const { name = '', type = '', from, to, after, limit, isAscending } = wanted
  const only = [from, to, name, name, type, type, limit] as const
  return isAscending
    ? sql.alarmHistoryUpwards.all(account, region, after ?? 0, ...only)
    : sql.alarmHistory.all(account, region, after ?? Number.MAX_SAFE_INTEGER, ...only)
}

export function createAlarmReads(sql: Statements): AlarmStore {
  return {
    async findAlarm({ account, region }, name) {
      const row = sql.findAlarm.get(account, region, name)
      return row && parseAlarm(row)
    },
    async listAlarms({ account, region }, { after = '', prefix = '', limit }) {
      return sql.listAlarms.all(account, region, after, prefix, prefix, prefix, limit).map(parseAlarm)
    },
    async countAlarms({ account, region }) {
      return integer(sql.countAlarms.get(account, region) ?? {}, 'count')
    },
    async hasAlarms() {
      return sql.anyAlarm.get() !== undefined
    },
    async allAlarms({ after, limit }) {
      const { account = '', region = '', name = '' } = after ?? {}
      return sql.allAlarms.all(account, region, name, limit).map(parseAlarm)
    },
    async alarmHistory({ account, region }, wanted) {
      const rows = historyRows(sql, { account, region }, wanted)
      const last = rows.at(-1)
      const next = last && rows.length === wanted.limit ? { next: integer(last, 'number') } : {}
      return { items: rows.map((row) => parseItem({ account, region }, row)), ...next }
    },
  }
}

function putAlarm(sql: Statements, alarm: Alarm): Applied {
  const { account, region, name, revision } = alarm
  const record = JSON.stringify(alarm)
  if (revision === 1) sql.insertAlarm.run(account, region, name, revision, record)
  else {
    const { changes } = sql.updateAlarm.run(revision, record, account, region, name, revision - 1)
    if (changes !== 1) return 'conflict'
  }
  return [alarmSubject(alarm, name)]
}

function deleteAlarm(sql: Statements, { account, region, name, revision }: Alarm): Applied {
  const { changes } = sql.deleteAlarm.run(account, region, name, revision)
  return changes === 1 ? [alarmSubject({ account, region }, name)] : 'conflict'
}

function addHistory(sql: Statements, { account, region, name, at, type, summary, data }: AlarmHistoryItem): Applied {
  const scope = [account, region] as const
  sql.insertAlarmHistory.run(...scope, ...scope, name, at, type, JSON.stringify({ summary, data }))
  sql.pruneAlarmHistory.run(...scope, ...scope, ALARM_HISTORY_MAX)
  return []
}

/** Makes one change of alarms inside the open transaction; `conflict` and constraints as of all changes. */
export function applyAlarmChange(sql: Statements, change: AlarmChange): Applied {
  switch (change.kind) {
    case 'put-alarm':
      return putAlarm(sql, change.alarm)
    case 'delete-alarm':
      return deleteAlarm(sql, change.alarm)
    case 'add-alarm-history':
      return addHistory(sql, change.item)
  }
}
