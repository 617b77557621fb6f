import type { DatabaseSync } from 'node:sqlite'
import type { TrailPosition } from '../follow.ts'
import { integerOf, openBeside, type Row, textIn, textOrNone, transaction } from '../sqlite.ts'
import type { LogPlace } from './names.ts'

/** Where objects go: a directory, or the URL of a bucket's server; and the bucket that their digests say they are in. */
export type Outlet = { readonly directory: string; readonly bucket: string }

/** A delivery that was decided: what it holds follows from the position it begins at, so that it can be done again. */
export type Plan = { readonly to: TrailPosition; readonly at: number; readonly nonce: string }

/** A log file that no digest lists yet. */
export type LogFile = LogPlace & {
  readonly object: string
  /** SHA-256 of the uncompressed content, hex. */
  readonly hash: string
  readonly oldest: string
  readonly newest: string
  /** Milliseconds since the epoch. */
  readonly deliveredAt: number
}

/** The digests of one account and Region so far. */
export type Chain = LogPlace & {
  /** Milliseconds since the epoch at which the next digest begins. */
  readonly periodStart: number
  /** The end of a digest that was decided and may be written already. */
  readonly closingAt?: number
  /** Absent before the first digest. */
  readonly previous?: { readonly object: string; readonly hash: string; readonly signature: string }
}

export type Progress = Outlet & {
  readonly position: TrailPosition
  readonly deliveredAt: number
  readonly isOn: boolean
  readonly plan?: Plan
}

/** What the delivery of log files must not forget. Durable when a method returns; methods throw what SQLite answers. */
export type LogFileState = Disposable & {
  progress(): Progress | undefined
  /** Begins logging: chains and files of before are forgotten. */
  begin(outlet: Outlet, position: TrailPosition, now: number): void
  end(): void
  /** Chains begin anew in another outlet. */
  moveTo(outlet: Outlet): void
  passOver(position: TrailPosition): void
  plan(plan: Plan): void
  /** The files of the plan are in place. */
  delivered(plan: Plan, files: readonly LogFile[]): void
  chains(): readonly Chain[]
  addChain(place: LogPlace, periodStart: number): void
  undigested(place: LogPlace, before: number): readonly LogFile[]
  closing(place: LogPlace, end: number): void
  digested(place: LogPlace, end: number, previous: NonNullable<Chain['previous']>): void
}

const SCHEMA = `
create table if not exists progress (
  id integer primary key check (id = 1), directory text not null, bucket text not null, is_on integer not null,
  segment integer not null, offset integer not null, batch integer not null, delivered_at integer not null, plan text
) strict;
create table if not exists chains (
  account text not null, region text not null, period_start integer not null, closing_at integer,
  object text, hash text, signature text, primary key (account, region)
) strict, without rowid;
create table if not exists files (
  account text not null, region text not null, object text not null, hash text not null,
  oldest text not null, newest text not null, delivered_at integer not null, primary key (account, region, object)
) strict, without rowid;`

function parsePlan(text: string): Plan {
  return JSON.parse(text) as Plan
}

function progressOf(row: Row): Progress {
  const plan = textOrNone(row, 'plan')
  return {
    directory: textIn(row, 'directory'),
    bucket: textIn(row, 'bucket'),
    isOn: row.is_on === 1,
    position: {
      segment: integerOf(row, 'segment'),
      offset: integerOf(row, 'offset'),
      batch: integerOf(row, 'batch'),
    },
    deliveredAt: integerOf(row, 'delivered_at'),
    ...(plan === undefined ? {} : { plan: parsePlan(plan) }),
  }
}

function chainOf(row: Row): Chain {
  const [object, hash, signature] = ['object', 'hash', 'signature'].map((name) => textOrNone(row, name))
  return {
    account: textIn(row, 'account'),
    region: textIn(row, 'region'),
    periodStart: integerOf(row, 'period_start'),
    ...(row.closing_at === null ? {} : { closingAt: integerOf(row, 'closing_at') }),
    ...(object === undefined || hash === undefined || signature === undefined
      ? {}
      : { previous: { object, hash, signature } }),
  }
}

function fileOf(row: Row): LogFile {
  const { account, region, object, hash, oldest, newest } = row
  const texts = { account, region, object, hash, oldest, newest }
  for (const name in texts) textIn(row, name)
  return { ...(texts as Omit<LogFile, 'deliveredAt'>), deliveredAt: integerOf(row, 'delivered_at') }
}

/** Opens the state, which is made when it is missing. */
export function openLogFileState(path: string): LogFileState {
  const db = openBeside(path, 'full')
  db.exec(SCHEMA)
  return { ...readsOf(db), ...writesOf(db), [Symbol.dispose]: () => db.close() }
}

function readsOf(db: DatabaseSync) {
  const undigested = db.prepare('select * from files where account = ? and region = ? and delivered_at < ?')
  return {
    progress() {
      const row = db.prepare('select * from progress').get()
      return row && progressOf(row)
    },
    chains: () => db.prepare('select * from chains').all().map(chainOf),
    undigested: ({ account, region }: LogPlace, before: number) => undigested.all(account, region, before).map(fileOf),
  }
}

type Writes = Omit<LogFileState, keyof ReturnType<typeof readsOf> | typeof Symbol.dispose>

function writesOf(db: DatabaseSync): Writes {
  const position = db.prepare('update progress set segment = ?, offset = ?, batch = ?')
  const chain = db.prepare('insert into chains (account, region, period_start) values (?, ?, ?) on conflict do nothing')
  const file = db.prepare('insert into files values (?, ?, ?, ?, ?, ?, ?)')
  const moved = (to: TrailPosition) => position.run(to.segment, to.offset, to.batch)
  const forget = () => db.exec('delete from chains; delete from files')
  const addChain = ({ account, region }: LogPlace, periodStart: number) => void chain.run(account, region, periodStart)
  return {
    begin: ({ directory, bucket }, { segment, offset, batch }, now) =>
      transaction(db, () => {
        forget()
        db.prepare('insert or replace into progress values (1, ?, ?, 1, ?, ?, ?, ?, null)').run(
          ...[directory, bucket, segment, offset, batch, now],
        )
      }),
    end: () => db.exec('update progress set is_on = 0'),
    moveTo: ({ directory, bucket }) =>
      transaction(db, () => {
        forget()
        db.prepare('update progress set directory = ?, bucket = ?').run(directory, bucket)
      }),
    passOver: (to) => void moved(to),
    plan: (plan) => void db.prepare('update progress set plan = ?').run(JSON.stringify(plan)),
    delivered: (plan, files) =>
      transaction(db, () => {
        moved(plan.to)
        db.prepare('update progress set plan = null, delivered_at = ?').run(plan.at)
        for (const { account, region, object, hash, oldest, newest, deliveredAt } of files) {
          addChain({ account, region }, deliveredAt - (deliveredAt % 1_000))
          file.run(account, region, object, hash, oldest, newest, deliveredAt)
        }
      }),
    addChain,
    closing: ({ account, region }, end) =>
      void db.prepare('update chains set closing_at = ? where account = ? and region = ?').run(end, account, region),
    digested: ({ account, region }, end, { object, hash, signature }) =>
      transaction(db, () => {
        db.prepare('delete from files where account = ? and region = ? and delivered_at < ?').run(account, region, end)
        db.prepare(
          `update chains set period_start = ?, closing_at = null, object = ?, hash = ?, signature = ?
           where account = ? and region = ?`,
        ).run(end, object, hash, signature, account, region)
      }),
  }
}
