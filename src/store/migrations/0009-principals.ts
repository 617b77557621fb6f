import type { Dialect } from './dialect.ts'

/**
 * Users, groups, roles, managed policies, MFA devices, identity providers and what belongs to the account, one row each:
 * they are few and are always read whole. What they refer to is listed beside them, so that what is referred to stays.
 */
export function principals({ text, integer, clustered }: Dialect): readonly string[] {
  return [
    `create table entities (account ${text} not null, kind ${text} not null, name ${text} not null, id ${text} not null,
      revision ${integer} not null, record ${text} not null, primary key (account, kind, name)) ${clustered}`,
    'create unique index entities_by_id on entities (account, kind, id)',
    `create table entity_references (account ${text} not null, target ${text} not null, purpose ${text} not null,
      kind ${text} not null, name ${text} not null, primary key (account, target, purpose, kind, name)) ${clustered}`,
    'create index entity_references_by_source on entity_references (account, kind, name)',
    `alter table access_keys add column user_id ${text}`,
    'create index access_keys_by_owner on access_keys (account, user_id, access_key_id)',
  ]
}
