import type { DatabaseSync } from 'node:sqlite'
import { integerOf, type Row, textIn } from '../sqlite.ts'

/** What requests are grouped by. */
export const USAGE_GROUPS = ['account', 'region', 'key', 'principal', 'operation'] as const
export type UsageGroup = (typeof USAGE_GROUPS)[number]

/** So many requests that are the same in all that is told. */
export type UsageCount = {
  /** What they are grouped by: an ARN, a name. */
  readonly name: string
  readonly account: string
  readonly operation: string
  readonly variant: string
  readonly outcome: string
  readonly count: number
}

/** One key's life. Times are seconds since the epoch. */
export type KeyLife = {
  readonly arn: string
  readonly account: string
  readonly region: string
  readonly manager: string
  readonly created: number
  readonly scheduled?: number
  readonly deleted?: number
  /** Of the key and those related to it, in order. */
  readonly rotations: readonly number[]
}

/** Reads what was counted. */
export type UsageReader = {
  /** Seconds since the epoch of the newest event; 0 without any. */
  latest(): number
  /** Requests of the days, which count from the epoch, from the first to the last; both included. */
  requests(from: number, to: number, by: UsageGroup): Iterable<UsageCount>
  keys(): Iterable<KeyLife>
}

function countOf(nameOf: (id: number) => string, row: Row): UsageCount {
  const name = (column: string) => nameOf(integerOf(row, column))
  return {
    name: name('name'),
    account: name('account'),
    operation: name('operation'),
    variant: name('variant'),
    outcome: name('outcome'),
    count: integerOf(row, 'count'),
  }
}

function lifeOf(row: Row, rotations: readonly number[]): KeyLife {
  const optional = (name: 'scheduled' | 'deleted') => (row[name] === null ? {} : { [name]: integerOf(row, name) })
  return {
    arn: textIn(row, 'arn'),
    account: textIn(row, 'account'),
    region: textIn(row, 'region'),
    manager: textIn(row, 'manager'),
    created: integerOf(row, 'created'),
    ...optional('scheduled'),
    ...optional('deleted'),
    rotations,
  }
}

export function openUsageReader(db: DatabaseSync): UsageReader {
  const names = new Map<number, string>()
  const find = db.prepare('select name from names where id = ?')
  const nameOf = (id: number): string => {
    const known = names.get(id)
    if (known !== undefined) return known
    const name = textIn(find.get(id) ?? {}, 'name')
    names.set(id, name)
    return name
  }
  // The groups are those of this file, so that no text from outside is in the statement.
  const byGroup = new Map(
    USAGE_GROUPS.map((group) => [
      group,
      db.prepare(
        `select ${group} as name, account, operation, variant, outcome, sum(count) as count from usage
         where day between ? and ? group by 1, 2, 3, 4, 5`,
      ),
    ]),
  )
  const rotated = db.prepare('select time from rotations where account = ? and key_id = ? order by time')
  return {
    latest: () => integerOf(db.prepare('select latest from progress').get() ?? {}, 'latest'),
    *requests(from, to, by) {
      for (const row of byGroup.get(by)?.iterate(from, to) ?? []) yield countOf(nameOf, row)
    },
    *keys() {
      for (const row of db.prepare('select * from keys order by arn, created').iterate()) {
        const times = rotated.all(textIn(row, 'account'), textIn(row, 'key_id'))
        yield lifeOf(
          row,
          times.map((each) => integerOf(each, 'time')),
        )
      }
    },
  }
}
