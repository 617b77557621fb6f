import { setTimeout as delay } from 'node:timers/promises'
import type { Scope } from '../../domain/arn.ts'
import { isError } from '../../domain/error.ts'
import { COMPLIANCE_AGE_MS, COMPLIANCE_REST } from '../../domain/limits.ts'
import { type ConfiguredRule, configuredRules, parseScopes, runnable } from './configured.ts'
import { type Cursor, evaluatePage } from './evaluate.ts'
import { type RuleStatus, SCOPES_SETTING, type Watched, type WatchParts, watchedName } from './watched.ts'

/** Rests after work, so that calls keep half of the processor; and nearly all of it when nobody waits for the work. */
async function rest(begun: number, isAsked: boolean): Promise<void> {
  const worked = performance.now() - begun
  await delay(isAsked ? worked : worked * COMPLIANCE_REST)
}

async function evaluate(
  parts: WatchParts,
  scope: Scope,
  configured: ConfiguredRule,
  { isAsked, isClosed }: { readonly isAsked: boolean; readonly isClosed: () => boolean },
): Promise<RuleStatus | undefined> {
  const wanted = runnable(configured)
  const epoch = await parts.store.epoch()
  let [compliant, nonCompliant] = [0, 0]
  for (let cursor: Cursor | undefined = { type: 0 }; cursor; ) {
    const begun = performance.now()
    const page: Awaited<ReturnType<typeof evaluatePage>> = await evaluatePage(parts, scope, wanted, cursor)
    if (isError(page)) throw new Error(`a rule cannot be evaluated: ${page.code}`, { cause: page })
    for (const { verdict } of page.results) {
      if (verdict.compliance === 'COMPLIANT') compliant += 1
      if (verdict.compliance === 'NON_COMPLIANT') nonCompliant += 1
    }
    cursor = page.next
    await rest(begun, isAsked)
    if (isClosed()) return undefined
  }
  return { at: parts.clock.now(), revision: configured.revision, epoch, compliant, nonCompliant }
}

/** An evaluation is good for an hour, and as long as nothing changes: what rules ask can change with the time alone. */
async function isDue(parts: WatchParts, known: RuleStatus | undefined, { revision }: ConfiguredRule): Promise<boolean> {
  if (!known || known.revision !== revision) return true
  return parts.clock.now() - known.at >= COMPLIANCE_AGE_MS || known.epoch !== (await parts.store.epoch())
}

async function evaluateScope(parts: WatchParts, watched: Watched, scope: Scope): Promise<void> {
  for (const configured of await configuredRules(parts.store, scope)) {
    if (watched.isClosed()) return
    const name = watchedName(scope, configured.name)
    const isAsked = watched.asked.has(name)
    const known = watched.known.get(name)
    if (!isAsked && !(await isDue(parts, known, configured))) continue
    // What nobody has seen yet is waited for.
    const status = await evaluate(parts, scope, configured, { isAsked: isAsked || !known, isClosed: watched.isClosed })
    if (status) watched.known.set(name, status)
    watched.asked.delete(name)
  }
}

/** Drops what is known of rules that are gone. */
async function forget(parts: WatchParts, { known, asked }: Watched, scopes: readonly Scope[]): Promise<void> {
  const names = new Set<string>()
  for (const scope of scopes)
    for (const { name } of await configuredRules(parts.store, scope)) names.add(watchedName(scope, name))
  for (const name of known.keys()) if (!names.has(name)) known.delete(name)
  for (const name of asked) if (!names.has(name)) asked.delete(name)
}

/** Evaluates every rule that was asked for, is new, or was evaluated before something changed. */
export async function evaluateDue(parts: WatchParts, watched: Watched): Promise<void> {
  const scopes = parseScopes(await parts.store.setting(SCOPES_SETTING))
  for (const scope of scopes) await evaluateScope(parts, watched, scope)
  await forget(parts, watched, scopes)
}
