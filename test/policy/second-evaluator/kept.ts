import { readFileSync, writeFileSync } from 'node:fs'
import type { Request, World } from './world.ts'

/** One decision on which the evaluators disagreed once, with the seed that led to it. */
export type Kept = { readonly seed: number; readonly world: World; readonly request: Request }

const FILE = new URL('../../vectors/policy/disagreements.json', import.meta.url)

function parseKept(text: string): readonly Kept[] {
  return JSON.parse(text) as readonly Kept[]
}

/** All of them, the oldest first. */
export function readKept(): readonly Kept[] {
  return parseKept(readFileSync(FILE, 'utf8'))
}

/** Keeps a case for good: it is committed together with what mends it. */
export function keep(kept: Kept): void {
  writeFileSync(FILE, `[\n${[...readKept(), kept].map((each) => JSON.stringify(each)).join(',\n')}\n]\n`)
}
