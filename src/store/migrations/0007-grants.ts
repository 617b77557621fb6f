import type { Dialect } from './dialect.ts'

/**
 * Grants stand with their key, and there with their grantee: what a call asks for that needs a grant, and what must not take
 * longer for the key's other grants. A grant is also found by its id, by its name (repeated CreateGrant) and by its retiring
 * principal, which spans accounts but not Regions. Grants are counted beside, because counting 50,000 rows at each CreateGrant would take longer than the rest of it.
 */
export function grants({ text, bytes, integer, clustered }: Dialect): readonly string[] {
  return [
    `create table grants (scope_id ${integer} not null, key_id ${bytes} not null, grant_id ${bytes} not null,
      region ${text} not null, grantee ${text} not null, retiring ${text}, name ${text}, created_at ${integer} not null,
      record ${text} not null, primary key (scope_id, key_id, grantee, grant_id),
      foreign key (scope_id, key_id) references keys (scope_id, key_id)) ${clustered}`,
    'create unique index grants_by_id on grants (scope_id, key_id, grant_id)',
    'create index grants_by_name on grants (scope_id, key_id, name, grantee, grant_id) where name is not null',
    'create index grants_by_retiring on grants (region, retiring, grant_id) where retiring is not null',
    `create table grant_counts (scope_id ${integer} not null, key_id ${bytes} not null, grant_count ${integer} not null,
      primary key (scope_id, key_id), foreign key (scope_id, key_id) references keys (scope_id, key_id)) ${clustered}`,
  ]
}
