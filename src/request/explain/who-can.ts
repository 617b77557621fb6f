import { setImmediate as nextTurn } from 'node:timers/promises'
import { KEY_ACTIONS } from '../../policy/key-actions.ts'
import type { CompiledPolicy } from '../../policy/types.ts'
import { type Ways, waysOf } from '../../policy/ways.ts'
import { type Candidate, type CandidateParts, candidates, type Examined } from './candidates.ts'
import { foreknowledge } from './known-keys.ts'

/** What somebody can do, all of it under the same conditions. */
export type Ability = { readonly actions: readonly string[]; readonly ways: Ways }

export type Able = { readonly candidate: Candidate; readonly abilities: readonly Ability[] }

/** The action as KMS spells it, with its service; nothing when there is none of that name about keys. */
export function keyAction(text: string): string | undefined {
  const bare = text.toLowerCase().replace(/^kms:/, '')
  const name = KEY_ACTIONS.find((action) => action.toLowerCase() === bare)
  return name && `kms:${name}`
}

/** What one candidate can do with a key under a policy, actions of equal conditions together. */
export function abilitiesOf(
  candidate: Candidate,
  { key, grants }: Examined,
  policy: CompiledPolicy,
  actions: readonly string[],
): readonly Ability[] {
  const { principal } = candidate
  const { arn, account } = key
  const groups = new Map<string, { readonly actions: string[]; readonly ways: Ways }>()
  for (const action of actions) {
    const lower = action.toLowerCase()
    const knowledge = foreknowledge(key, candidate, lower)
    const ways = waysOf({ principal, action: lower, key: { arn, account, policy }, grants, knowledge })
    if (ways.allowed.length === 0) continue
    const name = JSON.stringify(ways)
    const group = groups.get(name)
    if (group) group.actions.push(action)
    else groups.set(name, { actions: [action], ways })
  }
  return [...groups.values()]
}

export type Page = {
  readonly able: readonly Able[]
  /** How many candidates the page and those before it were made of; absent when there are no more. */
  readonly next?: number
}

/** The principals that can do something with a key, among `limit` candidates. Other requests are served in between. */
export async function whoCan(
  parts: CandidateParts,
  about: Examined,
  wanted: { readonly actions: readonly string[]; readonly after: number; readonly limit: number },
): Promise<Page> {
  const policy = parts.policies.compiled(about.key)
  const able: Able[] = []
  let seen = wanted.after
  for await (const candidate of candidates(parts, about, wanted.after)) {
    if (seen === wanted.after + wanted.limit) return { able, next: seen }
    seen += 1
    const abilities = abilitiesOf(candidate, about, policy, wanted.actions)
    if (abilities.length > 0) able.push({ candidate, abilities })
    await nextTurn()
  }
  return { able }
}

/** Whether nobody could replace the policy any more once the key has this one. */
export async function wouldOrphan(parts: CandidateParts, about: Examined, policy: CompiledPolicy): Promise<boolean> {
  for await (const candidate of candidates(parts, about)) {
    const isOwn = 'account' in candidate.principal && candidate.principal.account === about.key.account
    if (isOwn && abilitiesOf(candidate, about, policy, ['kms:PutKeyPolicy']).length > 0) return false
    await nextTurn()
  }
  return true
}
