const SCOPE = '(select scope_id from scopes where account = ? and region = ?)'
const COLUMNS = 'g.grant_id, g.grantee, g.retiring, g.name, g.created_at, g.record'

/** Every statement that reads or writes grants. */
export const GRANT_SQL = {
  // Four is the number of names by which a grant may know one caller.
  findGrants: `select ${COLUMNS} from grants g
    where g.scope_id = ${SCOPE} and g.key_id = ? and g.grantee in (?, ?, ?, ?)`,
  findGrant: `select ${COLUMNS} from grants g where g.scope_id = ${SCOPE} and g.key_id = ? and g.grant_id = ?`,
  // From the index of names to the row: a grantee may have thousands of grants on a key, each of another name.
  findSameGrant: `select ${COLUMNS} from grants n
    join grants g on g.scope_id = n.scope_id and g.key_id = n.key_id and g.grantee = n.grantee and g.grant_id = n.grant_id
    where n.scope_id = ${SCOPE} and n.key_id = ? and n.name = ? and n.grantee = ?
    and coalesce(g.retiring, '') = ? and g.record = ? limit 1`,
  listGrants: `select ${COLUMNS} from grants g
    where g.scope_id = ${SCOPE} and g.key_id = ? and g.grant_id > ? order by g.grant_id limit ?`,
  listGrantsOfGrantee: `select ${COLUMNS} from grants g where g.scope_id = ${SCOPE} and g.key_id = ? and g.grantee = ?
    and g.grant_id > ? order by g.grant_id limit ?`,
  listRetirableGrants: `select s.account, s.region, g.key_id, ${COLUMNS} from grants g
    join scopes s on s.scope_id = g.scope_id
    where g.region = ? and g.retiring = ? and g.grant_id > ? order by g.grant_id limit ?`,
  countGrants: `select grant_count as count from grant_counts where scope_id = ${SCOPE} and key_id = ?`,

  insertGrant: `insert into grants (scope_id, key_id, grant_id, region, grantee, retiring, name, created_at, record)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  deleteGrant: 'delete from grants where scope_id = ? and key_id = ? and grant_id = ?',
  countGrant: `insert into grant_counts (scope_id, key_id, grant_count) values (?, ?, 1)
    on conflict (scope_id, key_id) do update set grant_count = grant_counts.grant_count + 1 returning grant_count as count`,
  uncountGrant: 'update grant_counts set grant_count = grant_count - 1 where scope_id = ? and key_id = ?',
  deleteGrantsOfKey: 'delete from grants where scope_id = ? and key_id = ?',
  deleteGrantCount: 'delete from grant_counts where scope_id = ? and key_id = ?',
} as const
