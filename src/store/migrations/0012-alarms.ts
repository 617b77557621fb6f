import type { Dialect } from './dialect.ts'

/** Alarms over metrics and what became of them. History has an order of its own in each account and Region, and outlives alarms. */
export function alarms({ text, integer, clustered }: Dialect): readonly string[] {
  return [
    `create table alarms (account ${text} not null, region ${text} not null, name ${text} not null,
      revision ${integer} not null, record ${text} not null, primary key (account, region, name)) ${clustered}`,
    `create table alarm_history (account ${text} not null, region ${text} not null, number ${integer} not null,
      name ${text} not null, happened_at ${integer} not null, type ${text} not null, record ${text} not null,
      primary key (account, region, number)) ${clustered}`,
    'create index alarm_history_by_name on alarm_history (account, region, name, number)',
  ]
}
