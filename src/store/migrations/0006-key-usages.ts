import type { Dialect } from './dialect.ts'

/** The last use of each key that was used, written behind. What a crash leaves out of it is in the trail. */
export function keyUsages({ text, bytes, integer, clustered }: Dialect): readonly string[] {
  return [
    `create table key_usages (scope_id ${integer} not null, key_id ${bytes} not null, operation ${text} not null,
      used_at ${integer} not null, event_id ${text} not null, request_id ${text} not null,
      primary key (scope_id, key_id), foreign key (scope_id, key_id) references keys (scope_id, key_id)) ${clustered}`,
  ]
}
