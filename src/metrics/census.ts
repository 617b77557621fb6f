import {
  CENSUS_IDLE_FACTOR,
  CENSUS_KEYS_AT_ONCE,
  CENSUS_REGIONS_MAX,
  CENSUS_WAIT_MS,
  EXPIRIES_SHOWN_MAX,
} from '../domain/limits.ts'
import type { Duty, KeyStatesMark, Store } from '../request/ports.ts'

type Counts = readonly { readonly region: string; readonly state: string; readonly count: number }[]

/** What the store holds, as last counted. */
export type Census = { readonly keys: Counts; readonly expiries: readonly Duty[] }

/** In the emulator Regions are whatever was signed for: those that come late are counted together. */
const OTHER_REGIONS = 'other'

type Tally = {
  readonly counts: Map<string, { region: string; state: string; count: number }>
  readonly regions: Set<string>
}

function addTo({ counts, regions }: Tally, { region, state, count }: Counts[number]): void {
  if (regions.size < CENSUS_REGIONS_MAX) regions.add(region)
  const named = regions.has(region) ? region : OTHER_REGIONS
  const entry = counts.get(`${named} ${state}`)
  if (entry) entry.count += count
  else counts.set(`${named} ${state}`, { region: named, state, count })
}

/** A turn of the event loop between two pages, so that calls go on meanwhile. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

async function count(store: Store): Promise<Counts> {
  const tally: Tally = { counts: new Map(), regions: new Set() }
  let after: KeyStatesMark | undefined
  do {
    const page = await store.countKeyStates({ limit: CENSUS_KEYS_AT_ONCE, ...(after ? { after } : {}) })
    for (const each of page.counts) addTo(tally, each)
    after = page.next
    await breathe()
  } while (after)
  return [...tally.counts.values()]
}

/**
 * Counts keys when asked, and only when something changed since the last time. A store of a million keys takes more than a
 * second to count: it is done in small steps, seldom, and who asks meanwhile gets what was counted last.
 */
export function openCensus(store: Store): () => Promise<Census> {
  let keys: Counts = []
  let epoch = -1
  let notBefore = 0
  let running: Promise<void> | undefined

  async function refresh(): Promise<void> {
    const begun = performance.now()
    const counted = await store.epoch()
    keys = await count(store)
    epoch = counted
    notBefore = performance.now() + (performance.now() - begun) * CENSUS_IDLE_FACTOR
  }

  return async () => {
    if ((await store.epoch()) !== epoch && performance.now() >= notBefore)
      running ??= refresh().finally(() => {
        running = undefined
      })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CENSUS_WAIT_MS)
    })
    await Promise.race([running, late])
    clearTimeout(timer)
    return { keys, expiries: await store.materialExpiries(EXPIRIES_SHOWN_MAX) }
  }
}
