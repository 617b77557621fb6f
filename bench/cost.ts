import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { costReport, reportJson } from '../src/cli/cost/report.ts'
import { openUsageReader, USAGE_GROUPS } from '../src/trail/usage/reader.ts'
import { openUsageForReading, openUsageForWriting } from '../src/trail/usage/usage-file.ts'

/**
 * How long a cost report takes over millions of rows of usage: `npm run bench:cost -- ROWS` (10 million without a number).
 * The rows are those of a year in which so many combinations of day, account, Region, key, principal and operation occurred.
 */
const rows = Number(process.argv[2] ?? 10_000_000)
if (!Number.isInteger(rows) || rows < 1) throw new TypeError('ROWS is a number of rows')

const DAYS = 365
const FIRST_DAY = Date.UTC(2026, 0, 1) / 86_400_000
const KEYS = 10_000
const PRINCIPALS = 500
const REGIONS = ['us-east-1', 'eu-central-1', 'ap-southeast-2']
const OPERATIONS = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'Sign', 'DescribeKey']
const ACCOUNTS = Array.from({ length: 20 }, (_, index) => String(111_122_220_000 + index))

const keyArn = (index: number) =>
  `arn:aws:kms:${REGIONS[index % REGIONS.length]}:${ACCOUNTS[index % ACCOUNTS.length]}:key/${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`
const principalArn = (index: number) => `arn:aws:iam::${ACCOUNTS[index % ACCOUNTS.length]}:role/app-${index}`

function numbered(db: DatabaseSync, names: readonly string[]): readonly number[] {
  const insert = db.prepare('insert into names (name) values (?)')
  return names.map((name) => Number(insert.run(name).lastInsertRowid))
}

function fill(db: DatabaseSync): void {
  const accounts = numbered(db, ACCOUNTS)
  const regions = numbered(db, REGIONS)
  const operations = numbered(db, OPERATIONS)
  const keys = numbered(
    db,
    Array.from({ length: KEYS }, (_, index) => keyArn(index)),
  )
  const principals = numbered(
    db,
    Array.from({ length: PRINCIPALS }, (_, index) => principalArn(index)),
  )
  const [variant = 0, outcome = 0] = numbered(db, ['SYMMETRIC_DEFAULT', ''])
  const insert = db.prepare(
    'insert into usage values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set count = count + 1',
  )
  const key = db.prepare(`insert into keys values (?, ?, ?, ?, '', 'SYMMETRIC_DEFAULT', 'CUSTOMER', null, null)`)
  for (let index = 0; index < KEYS; index += 1)
    key.run(
      keyArn(index),
      FIRST_DAY * 86_400,
      ACCOUNTS[index % ACCOUNTS.length] ?? '',
      REGIONS[index % REGIONS.length] ?? '',
    )
  for (let row = 0; row < rows; row += 1) {
    // Days come one after the other, as they do; the rest is spread without a generator of its own.
    const day = FIRST_DAY + Math.floor((row * DAYS) / rows)
    const spread = (row * 2_654_435_761) % 4_294_967_296
    const which = spread % KEYS
    insert.run(
      day,
      accounts[which % ACCOUNTS.length] ?? 0,
      regions[which % REGIONS.length] ?? 0,
      keys[which] ?? 0,
      principals[Math.floor(spread / 7) % PRINCIPALS] ?? 0,
      operations[Math.floor(spread / 11) % OPERATIONS.length] ?? 0,
      variant,
      outcome,
      1 + (spread % 1_000),
    )
  }
}

const seconds = (begun: number) => ((performance.now() - begun) / 1_000).toFixed(2)
const directory = mkdtempSync(join(tmpdir(), 'trent-bench-'))
try {
  const path = join(directory, 'usage.db')
  const begun = performance.now()
  {
    using db = openUsageForWriting(path)
    db.exec('begin')
    fill(db)
    db.exec('commit')
  }
  process.stdout.write(`${rows} rows made in ${seconds(begun)} s\n`)
  const period = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2027, 0, 1) }
  const totals = new Set<string>()
  for (const by of USAGE_GROUPS) {
    using db = openUsageForReading(path)
    if (!db) throw new TypeError('the rows were made a moment ago')
    const start = performance.now()
    const report = reportJson(costReport(openUsageReader(db), { period, by, limit: 1_000 }))
    process.stdout.write(`a year by ${by}: ${seconds(start)} s, ${report.cost} ${report.currency}\n`)
    totals.add(report.cost)
  }
  if (totals.size !== 1) throw new Error('the groupings do not add up to the same')
} finally {
  rmSync(directory, { recursive: true, force: true })
}
