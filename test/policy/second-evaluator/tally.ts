import type { Decision } from '../../../src/policy/types.ts'
import { verdictOf } from './subject.ts'
import type { CallerType, Request, Verdict } from './world.ts'

type Sort = Verdict | 'by grant' | 'all' | `${CallerType | Request['on']} ${Verdict}`

/** How often what was decided. */
export type Tally = Map<Sort, number>

export function count(tally: Tally, { on, caller }: Request, decision: Decision): void {
  const verdict = verdictOf(decision)
  const isByGrant = decision.allowed && decision.by[0]?.kind === 'grant'
  const sorts: readonly Sort[] = ['all', verdict, `${on} ${verdict}`, `${caller.type} ${verdict}`]
  for (const sort of isByGrant ? [...sorts, 'by grant' as const] : sorts) tally.set(sort, (tally.get(sort) ?? 0) + 1)
}

/** The least share of all decisions that must be of that sort: runs that only deny would prove little. */
export const LEAST_SHARES: readonly (readonly [sort: Sort, share: number])[] = [
  ['allow', 0.13],
  ['explicit', 0.07],
  ['implicit', 0.3],
  ['by grant', 0.01],
  ['account allow', 0.01],
  ['role allow', 0.01],
  ['role explicit', 0.005],
  ['root allow', 0.02],
  ['root explicit', 0.002],
  ['root implicit', 0.01],
  ['user allow', 0.03],
  ['user explicit', 0.02],
  ['role-session allow', 0.02],
  ['role-session explicit', 0.02],
  ['federated-user allow', 0.005],
  ['federated-user explicit', 0.005],
  ['service allow', 0.005],
  ['service explicit', 0.001],
  ['web-identity allow', 0.001],
  ['web-identity explicit', 0.001],
]

/** The sorts that came too seldom, with their shares. */
export function seldom(tally: Tally): readonly string[] {
  const all = tally.get('all') ?? 0
  return LEAST_SHARES.flatMap(([sort, least]) => {
    const share = (tally.get(sort) ?? 0) / all
    return share < least ? [`${sort}: ${share.toFixed(4)}`] : []
  })
}
