import { isError } from '../domain/error.ts'
import { isTracked, type KeyUsage } from '../domain/key-usage.ts'
import { KEY_USAGE_FLUSH_MS, KEY_USAGES_PER_COMMIT, KEY_USAGES_WAITING_MAX } from '../domain/limits.ts'
import type { Attempt } from './attempt.ts'
import type { Log } from './log.ts'
import type { Clock, LastUses, Store } from './ports.ts'

/** Remembers the last use of every key, without a durable write of its own on the way of a call. */
export type KeyUsages = LastUses & {
  /** Takes note of a call whose event is durable, as far as it used keys. */
  note(attempt: Attempt, eventId: string, time: number): void
  /** Writes what waits, and remembers that nothing is missing. */
  close(): Promise<void>
}

export type KeyUsageParts = {
  readonly store: Store
  readonly log: Log
  readonly clock: Clock
  /** Number of the trail's newest segment; a trail that keeps nothing has none. */
  readonly segment: () => number
  /** Uses that an earlier process may have left unwritten, oldest first. */
  readonly missed: AsyncIterable<KeyUsage>
}

/** Setting that says when tracking began. */
const SINCE = 'key-usage-since'
/** Setting that says from which segment on the trail may hold uses that the store does not; empty when there are none. */
const POSITION = 'key-usage-position'

/** @returns the segment to read from; nothing when the store knows every use, or none was ever to be known. */
export async function unwrittenFrom(store: Store): Promise<number | undefined> {
  const position = await store.setting(POSITION)
  return position === undefined || position === '' ? undefined : Number(position)
}

const nameOf = ({ account, region, keyId }: Pick<KeyUsage, 'account' | 'region' | 'keyId'>) =>
  `${region} ${account} ${keyId}`

async function beginning({ store, clock }: KeyUsageParts): Promise<number> {
  const known = await store.setting(SINCE)
  if (known !== undefined) return Number(known)
  const since = clock.now()
  await store.putSetting(SINCE, String(since))
  return since
}

async function writeAll(store: Store, usages: readonly KeyUsage[]): Promise<void> {
  for (let at = 0; at < usages.length; at += KEY_USAGES_PER_COMMIT)
    await store.putKeyUsages(usages.slice(at, at + KEY_USAGES_PER_COMMIT))
}

/** Writes what an earlier process left, before any new use can be written over it. */
async function recover({ store, missed }: KeyUsageParts): Promise<void> {
  let latest = new Map<string, KeyUsage>()
  for await (const usage of missed) {
    latest.set(nameOf(usage), usage)
    if (latest.size < KEY_USAGES_WAITING_MAX) continue
    await writeAll(store, [...latest.values()])
    latest = new Map()
  }
  await writeAll(store, [...latest.values()])
}

/** Uses that are not in the store yet: those that are being written, and those that came since. */
type Waiting = { readonly writing: Map<string, KeyUsage>; readonly next: Map<string, KeyUsage> }

/**
 * Opens the record of last uses.
 *
 * Uses wait in memory and are written together, now and then. The trail has them all: the segment from which on it may hold
 * more than the store is kept as a setting, and what follows it is read again after a crash.
 */
export async function openKeyUsages(parts: KeyUsageParts): Promise<KeyUsages> {
  const { store, log, segment } = parts
  const since = await beginning(parts)
  await recover(parts)
  let waiting: Waiting = { writing: new Map(), next: new Map() }
  let position = ''
  let isBehind = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  const moveTo = async (wanted: string) => {
    // A use that was not kept is found again only where the position stands.
    if (wanted === position || isBehind) return
    await store.putSetting(POSITION, wanted)
    position = wanted
  }
  const flush = async () => {
    // A batch of events may be noted in part only, and may lie in the segment before.
    const before = Math.max(segment() - 1, 0)
    waiting = { writing: new Map([...waiting.writing, ...waiting.next]), next: new Map() }
    await writeAll(store, [...waiting.writing.values()])
    waiting = { ...waiting, writing: new Map() }
    await moveTo(String(before))
  }
  const start = () => {
    clearTimeout(timer)
    timer = undefined
    running ??= flush()
      .catch((cause) => log.error('last uses of keys wait to be stored', { cause }))
      .finally(() => {
        running = undefined
      })
  }
  const put = (usage: KeyUsage) => {
    const name = nameOf(usage)
    if (waiting.next.size >= KEY_USAGES_WAITING_MAX && !waiting.next.has(name)) {
      isBehind = true
      return
    }
    waiting.next.set(name, usage)
    if (waiting.next.size >= KEY_USAGES_WAITING_MAX) start()
    else timer ??= setTimeout(start, KEY_USAGE_FLUSH_MS).unref()
  }
  await moveTo(String(Math.max(segment() - 1, 0)))
  return {
    since,
    note(attempt, eventId, time) {
      for (const usage of usagesOf(attempt, eventId, time)) put(usage)
    },
    async of(key) {
      const name = nameOf(key)
      const usage = waiting.next.get(name) ?? waiting.writing.get(name) ?? (await store.findKeyUsage(key, key.keyId))
      // An emulator's key may have the id of one that was used and deleted before it.
      return usage && usage.usedAt >= wholeSeconds(key.createdAt) ? usage : undefined
    },
    async close() {
      clearTimeout(timer)
      await running
      const missing = (cause: unknown) =>
        log.error('last uses of keys were not stored; the next start reads them', { cause })
      await flush()
        .then(() => moveTo(''))
        .catch(missing)
    },
  }
}

const wholeSeconds = (time: number) => Math.floor(time / 1000) * 1000

const NONE: readonly KeyUsage[] = []

/** A refused call and a dry run use nothing. */
function usagesOf(attempt: Attempt, eventId: string, time: number): readonly KeyUsage[] {
  const { operation, targets, request, result } = attempt
  if (!operation?.crypto || !targets || isError(result) || !isTracked(operation.name)) return NONE
  const usages: KeyUsage[] = []
  for (const name in targets) {
    const target = targets[name]
    if (target?.kind !== 'key') continue
    const { account, region, keyId } = target.key
    const { requestId } = request
    usages.push({ account, region, keyId, operation: operation.name, usedAt: wholeSeconds(time), eventId, requestId })
  }
  return usages
}
