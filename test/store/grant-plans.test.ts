import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { GRANT_SQL } from '../../src/store/grant-statements.ts'
import { migrate } from '../../src/store/migrate.ts'

const db = new DatabaseSync(':memory:')
assert.equal(migrate(db), undefined)

function planOf(statement: keyof typeof GRANT_SQL): string {
  const sql = GRANT_SQL[statement]
  const unset = Array<null>(sql.split('?').length - 1).fill(null)
  const steps = db.prepare(`explain query plan ${sql}`).all(...unset)
  return steps.map(({ detail }) => String(detail)).join('\n')
}

/** What narrows each search. A key may have 50,000 grants, so that being of the key is not enough. */
const SEARCHES = {
  findGrants: 'scope_id=? AND key_id=? AND grantee=?',
  findGrant: 'scope_id=? AND key_id=? AND grant_id=?',
  findSameGrant: 'scope_id=? AND key_id=? AND name=? AND grantee=?',
  listGrants: 'scope_id=? AND key_id=? AND grant_id>?',
  listGrantsOfGrantee: 'scope_id=? AND key_id=? AND grantee=? AND grant_id>?',
  listRetirableGrants: 'region=? AND retiring=? AND grant_id>?',
  countGrants: 'scope_id=? AND key_id=?',
  deleteGrant: 'scope_id=? AND key_id=? AND grant_id=?',
} as const satisfies { readonly [Statement in keyof typeof GRANT_SQL]?: string }

for (const statement of ['findGrants', 'findGrant', 'findSameGrant', 'listGrants'] as const) check(statement)
for (const statement of ['listGrantsOfGrantee', 'listRetirableGrants', 'countGrants', 'deleteGrant'] as const)
  check(statement)

function check(statement: keyof typeof SEARCHES): void {
  test(`${statement} searches by ${SEARCHES[statement]} and sorts nothing`, () => {
    const plan = planOf(statement)
    assert.match(plan, /^SEARCH (g|n|grants|grant_counts) /)
    assert.ok(plan.includes(`(${SEARCHES[statement]})`), plan)
    assert.doesNotMatch(plan, /SCAN|TEMP B-TREE/)
  })
}
