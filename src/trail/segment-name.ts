import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A segment in the directory: plain while it is written, gzip once it is closed, both for a moment in between. */
export type Segment = { readonly number: number; readonly plain: boolean; readonly archived: boolean }

const NAME = /^segment-(\d{10})\.jsonl(\.gz)?$/

/** Name of the lock beside the segments. */
export const LOCK_NAME = 'lock'
/** What an archive is called until it is complete. */
export const UNFINISHED = '.tmp'

export function plainPath(directory: string, number: number): string {
  return join(directory, `segment-${String(number).padStart(10, '0')}.jsonl`)
}

export function archivePath(directory: string, number: number): string {
  return `${plainPath(directory, number)}.gz`
}

export type Listing = {
  /** By number. */
  readonly segments: readonly Segment[]
  readonly unfinished: readonly string[]
  /** Names that no trail writes. */
  readonly others: readonly string[]
}

function isUnfinished(name: string): boolean {
  return name.endsWith(`.gz${UNFINISHED}`) && NAME.test(name.slice(0, -UNFINISHED.length))
}

/** The files of a trail, sorted by what they are. Throws what `readdir` throws. */
export async function listSegments(directory: string): Promise<Listing> {
  const names = await readdir(directory)
  const found = new Map<number, Segment>()
  for (const name of names) {
    const [, digits, gz] = NAME.exec(name) ?? []
    if (digits === undefined) continue
    const number = Number(digits)
    const known = found.get(number) ?? { number, plain: false, archived: false }
    found.set(number, gz === undefined ? { ...known, plain: true } : { ...known, archived: true })
  }
  return {
    segments: [...found.values()].sort((a, b) => a.number - b.number),
    unfinished: names.filter(isUnfinished),
    others: names.filter((name) => !NAME.test(name) && !isUnfinished(name) && !name.startsWith(LOCK_NAME)),
  }
}
