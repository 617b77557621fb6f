/** Statements about principals, their policies and their access keys, in the same SQL as all others. */
export const IAM_SQL = {
  findAccessKey:
    'select account, principal, status, created_at, wrapped_secret, user_id from access_keys where access_key_id = ?',
  // The root user's keys have no user: `coalesce` compares them like any other owner.
  listAccessKeys: `select access_key_id, account, principal, status, created_at, wrapped_secret, user_id from access_keys
    where account = ? and coalesce(user_id, '') = ? order by access_key_id`,
  findEntity: 'select record from entities where account = ? and kind = ? and name = ?',
  findEntityById: 'select record from entities where account = ? and kind = ? and id = ?',
  listEntities: 'select record from entities where account = ? and kind = ? and name > ? order by name limit ?',
  countEntities: 'select count(*) as count from entities where account = ? and kind = ?',
  listReferrers: `select e.record from entity_references r
    join entities e on e.account = r.account and e.kind = r.kind and e.name = r.name
    where r.account = ? and r.target = ? and r.purpose = ? and r.kind = ? and r.name > ? order by r.name limit ?`,
  countReferrers: 'select count(*) as count from entity_references where account = ? and target = ? and purpose = ?',

  insertEntity: 'insert into entities (account, kind, name, id, revision, record) values (?, ?, ?, ?, ?, ?)',
  updateEntity: `update entities set name = ?, revision = ?, record = ?
    where account = ? and kind = ? and name = ? and id = ? and revision = ?`,
  deleteEntity: 'delete from entities where account = ? and kind = ? and name = ? and id = ? and revision = ?',
  insertReference: 'insert into entity_references (account, target, purpose, kind, name) values (?, ?, ?, ?, ?)',
  deleteReferences: 'delete from entity_references where account = ? and kind = ? and name = ?',
  isReferred: 'select 1 from entity_references where account = ? and target = ? limit 1',
  insertAccessKey: `insert into access_keys (access_key_id, account, principal, status, created_at, wrapped_secret, user_id)
    values (?, ?, ?, ?, ?, ?, ?)`,
  updateAccessKey: 'update access_keys set status = ? where access_key_id = ? and status = ?',
  deleteAccessKey: 'delete from access_keys where access_key_id = ? and status = ?',
} as const
