import type { DatabaseSync } from 'node:sqlite'
import { WATCH_RULES } from '../../domain/limits.ts'
import { integerOf } from '../sqlite.ts'

/** What the rules remember of events before. */
export type WatchMemory = {
  setCanary(key: string, isCanary: boolean): void
  isCanary(key: string): boolean
  /** When the key was first used, which is `at` when it never was. Milliseconds since the epoch. */
  firstUse(key: string, at: number): number
  /** Whether it was not seen before; from now on it was. Of each kind a key remembers so many. */
  isNew(key: string, kind: string, subject: string): boolean
  /** Denials of somebody within the time of the rule, this one included. */
  denied(who: string, at: number): number
}

/** Remembered in the file, but for denials: a burst that goes over a restart is two. */
export function openWatchMemory(db: DatabaseSync): WatchMemory {
  const putCanary = db.prepare('insert into canaries values (?) on conflict do nothing')
  const dropCanary = db.prepare('delete from canaries where key = ?')
  const canary = db.prepare('select 1 from canaries where key = ?')
  const begun = db.prepare('select at from first_uses where key = ?')
  const begin = db.prepare('insert into first_uses values (?, ?)')
  const seen = db.prepare('select 1 from seen where key = ? and kind = ? and subject = ?')
  const count = db.prepare('select count(*) as count from seen where key = ? and kind = ?')
  const see = db.prepare('insert into seen values (?, ?, ?)')
  const denials = new Map<string, number[]>()
  return {
    setCanary: (key, isCanary) => void (isCanary ? putCanary : dropCanary).run(key),
    isCanary: (key) => canary.get(key) !== undefined,
    firstUse(key, at) {
      const row = begun.get(key)
      if (row) return integerOf(row, 'at')
      begin.run(key, at)
      return at
    },
    isNew(key, kind, subject) {
      if (seen.get(key, kind, subject)) return false
      // A key that everybody uses from everywhere has nothing unusual any more.
      if (integerOf(count.get(key, kind) ?? {}, 'count') >= WATCH_RULES.seenPerKey) return false
      see.run(key, kind, subject)
      return true
    },
    denied(who, at) {
      const times = (denials.get(who) ?? []).filter((time) => time > at - WATCH_RULES.denialsWithinMs)
      times.push(at)
      // The one that was denied longest ago goes first.
      denials.delete(who)
      if (denials.size >= WATCH_RULES.deniedRemembered) denials.delete(denials.keys().next().value ?? '')
      denials.set(who, times.slice(-WATCH_RULES.denials))
      return times.length
    },
  }
}
