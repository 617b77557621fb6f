import type { Dialect } from './dialect.ts'

/**
 * Scopes give each account and Region a small number, and key ids are 17 bytes instead of 36 characters: a million keys
 * with their material take about 300 MB this way and about 470 MB with the names in every row.
 */
export function firstSchema({ text, bytes, integer, clustered, plain }: Dialect): readonly string[] {
  return [
    `create table scopes (scope_id ${integer} primary key, account ${text} not null, region ${text} not null,
      key_count ${integer} not null, unique (account, region)) ${plain}`,
    `create table keys (scope_id ${integer} not null references scopes (scope_id), key_id ${bytes} not null,
      revision ${integer} not null, created_at ${integer} not null, material_id ${bytes}, record ${text} not null,
      primary key (scope_id, key_id)) ${clustered}`,
    `create table key_materials (material_id ${bytes} not null, scope_id ${integer} not null, key_id ${bytes} not null,
      created_at ${integer} not null, wrapped ${bytes} not null, primary key (material_id, scope_id),
      foreign key (scope_id, key_id) references keys (scope_id, key_id)) ${clustered}`,
    'create index key_materials_by_key on key_materials (scope_id, key_id)',
    `create table aliases (scope_id ${integer} not null, name ${text} not null, key_id ${bytes} not null,
      created_at ${integer} not null, updated_at ${integer} not null, primary key (scope_id, name),
      foreign key (scope_id, key_id) references keys (scope_id, key_id)) ${clustered}`,
    'create index aliases_by_key on aliases (scope_id, key_id, name)',
    `create table duties (scope_id ${integer} not null, key_id ${bytes} not null, kind ${text} not null,
      due_at ${integer} not null, primary key (scope_id, key_id, kind),
      foreign key (scope_id, key_id) references keys (scope_id, key_id)) ${clustered}`,
    'create index duties_by_time on duties (due_at, scope_id, key_id, kind)',
    `create table access_keys (access_key_id ${text} primary key, account ${text} not null, principal ${text} not null,
      status ${text} not null, created_at ${integer} not null, wrapped_secret ${bytes} not null) ${clustered}`,
    `create table domain_keys (region ${text} not null, id ${text} not null, created_at ${integer} not null,
      wrapped ${bytes} not null, primary key (region, id)) ${clustered}`,
    `create table settings (name ${text} primary key, value ${text} not null) ${clustered}`,
    `create table epoch (one ${integer} primary key check (one = 1), number ${integer} not null) ${plain}`,
    'insert into epoch (one, number) values (1, 0)',
    `create table changes (epoch ${integer} not null, position ${integer} not null, kind ${text} not null,
      account ${text} not null, region ${text} not null, name ${text} not null, primary key (epoch, position)) ${clustered}`,
    `create table outbox (epoch ${integer} primary key, event_id ${text} not null unique, line ${text} not null) ${plain}`,
  ]
}
