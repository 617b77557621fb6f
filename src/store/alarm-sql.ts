const NEWEST = `coalesce((select max(number) from alarm_history where account = ? and region = ?), 0)`

/** Statements of alarms and their history. */
export const ALARM_SQL = {
  findAlarm: 'select record from alarms where account = ? and region = ? and name = ?',
  listAlarms: `select record from alarms where account = ? and region = ? and name > ? and name >= ?
    and substr(name, 1, length(?)) = ? order by name limit ?`,
  countAlarms: 'select count(*) as count from alarms where account = ? and region = ?',
  anyAlarm: 'select 1 from alarms limit 1',
  allAlarms: `select account, region, name, record from alarms where (account, region, name) > (?, ?, ?)
    order by account, region, name limit ?`,
  insertAlarm: 'insert into alarms (account, region, name, revision, record) values (?, ?, ?, ?, ?)',
  updateAlarm: `update alarms set revision = ?, record = ?
    where account = ? and region = ? and name = ? and revision = ?`,
  deleteAlarm: 'delete from alarms where account = ? and region = ? and name = ? and revision = ?',
  insertAlarmHistory: `insert into alarm_history (account, region, number, name, happened_at, type, record)
    values (?, ?, ${NEWEST} + 1, ?, ?, ?, ?)`,
  pruneAlarmHistory: `delete from alarm_history where account = ? and region = ? and number <= ${NEWEST} - ?`,
  alarmHistory: `select number, name, happened_at, type, record from alarm_history where account = ? and region = ?
    and number < ? and happened_at >= ? and happened_at <= ? and (? = '' or name = ?) and (? = '' or type = ?)
    order by number desc limit ?`,
  alarmHistoryUpwards: `select number, name, happened_at, type, record from alarm_history where account = ? and region = ?
    and number > ? and happened_at >= ? and happened_at <= ? and (? = '' or name = ?) and (? = '' or type = ?)
    order by number limit ?`,
} as const
