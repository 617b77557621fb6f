import type { Dialect } from './dialect.ts'

/**
 * Custom key stores and the keys in them. Which store holds a key stands apart from the keys, most of which are in none:
 * the references make the database refuse a key in a store that is gone, and the end of a store that holds keys.
 */
export function customKeyStores({ text, bytes, integer, clustered }: Dialect): readonly string[] {
  return [
    `create table custom_key_stores (scope_id ${integer} not null references scopes (scope_id), store_id ${text} not null,
      name ${text} not null, revision ${integer} not null, created_at ${integer} not null, connection ${text} not null,
      record ${text} not null, wrapped_secret ${bytes} not null, primary key (scope_id, store_id),
      unique (scope_id, name)) ${clustered}`,
    `create table custom_keys (scope_id ${integer} not null, key_id ${bytes} not null, store_id ${text} not null,
      xks_key_id ${text}, primary key (scope_id, key_id), unique (scope_id, store_id, xks_key_id),
      foreign key (scope_id, key_id) references keys (scope_id, key_id),
      foreign key (scope_id, store_id) references custom_key_stores (scope_id, store_id)) ${clustered}`,
  ]
}
