import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { type OpenTrail, openTrail, type TrailOptions } from '../../src/trail/segments.ts'

/** A directory of its own, gone after the test. */
export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'trent-trail-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** An anchor in memory that remembers, as the store does, what was saved last. */
export function keptAnchor(text?: string): TrailOptions['anchor'] & { text: string | undefined } {
  const anchor = {
    text,
    load: async () => anchor.text,
    save: async (saved: string) => {
      anchor.text = saved
    },
  }
  return anchor
}

export function optionsFor(directory: string, more: Partial<TrailOptions> = {}): TrailOptions {
  const warn = (message: string, cause: unknown) => assert.fail(`${message}: ${cause}`)
  return { directory, now: () => Date.UTC(2026, 10, 22), anchor: keptAnchor(), warn, ...more }
}

export async function mustOpen(options: TrailOptions): Promise<OpenTrail> {
  const trail = await openTrail(options)
  if (isError(trail)) assert.fail(`${trail.message} ${trail.cause}`)
  return trail
}

/** An event as short as an event can be. */
export function shortEvent(id: number): string {
  return JSON.stringify({ eventVersion: '1.11', eventID: `event-${id}` })
}

/** Appends `count` events in batches of `together`, all of which must be taken. */
export async function appendEvents(trail: OpenTrail, count: number, together = 3, first = 0): Promise<void> {
  for (let id = first; id < first + count; id += together) {
    const ids = Array.from({ length: Math.min(together, first + count - id) }, (_, offset) => id + offset)
    for (const answer of await Promise.all(ids.map((each) => trail.append(shortEvent(each)))))
      assert.equal(answer, undefined)
  }
}

export async function segmentNames(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('segment-')).sort()
}
