import fc from 'fast-check'
import { totals } from './expectation.ts'
import { isSymmetric, living, type ModelKey, REGIONS, type World } from './state.ts'

/** One kind of step in a history, with the choices that it is made of. */
export type Step = fc.AsyncCommand<World, World>

export function step<Picked>(
  name: string,
  picks: fc.Arbitrary<Picked>,
  take: (world: World, picked: Picked) => Promise<void>,
): fc.Arbitrary<Step> {
  return picks.map((picked) => ({
    check: () => true,
    async run(world) {
      totals.commands += 1
      await take(world, picked)
    },
    toString: () => `${name}(${fc.stringify(picked)})`,
  }))
}

export const nth = fc.nat(19)
export const region = fc.constantFrom(...REGIONS)
export const often = fc.constantFrom(true, true, true, true, false)
export const seldom = often.map((is) => !is)

/** The chosen of a list that may be empty. */
export function chosen<T>(all: readonly T[], pick: number): T | undefined {
  return all.length === 0 ? undefined : all[pick % all.length]
}

/**
 * A key. Three times in four it is of the kind that is wanted, if there is such, and one that can be used before others; else
 * it is any, deleted ones included.
 */
export function chosenKey(world: World, pick: number, wanted?: (key: ModelKey) => boolean): ModelKey | undefined {
  if (!wanted || pick % 4 === 0) return chosen(world.keys, pick)
  const fit = living(world).filter(wanted)
  const usable = fit.filter(({ state }) => state.name === 'Enabled')
  const nth = Math.floor(pick / 4)
  return chosen(usable, nth) ?? chosen(fit, nth)
}

export const symmetric = ({ family }: ModelKey): boolean => isSymmetric(family)

/** Key id or ARN, in turns. */
export const nameOf = ({ arn, family }: ModelKey, pick: number): string => (pick % 2 === 0 ? arn : family.keyId)
