import type { Scope } from '../../domain/arn.ts'
import type { Log } from '../log.ts'
import type { Change } from '../ports.ts'
import type { SubjectParts } from './subjects.ts'

/** How the last evaluation of a rule ended. */
export type RuleStatus = {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Of the rule that was evaluated. */
  readonly revision: string
  /** Commit number of the store when it began. */
  readonly epoch: number
  readonly compliant: number
  readonly nonCompliant: number
}

/** Evaluates rules behind the calls. */
export type ComplianceWatch = {
  /** The last evaluation of a rule; nothing before the first. */
  last(scope: Scope, name: string): RuleStatus | undefined
  isEvaluating(scope: Scope, name: string): boolean
  /** Evaluates rules now, behind the calls. */
  start(scope: Scope, names: readonly string[]): void
  /** Takes note of a change that was committed. */
  note(change: Change): void
  close(): Promise<void>
}

export type WatchParts = SubjectParts & { readonly log: Log }

/** What an evaluation behind shares with the watch. */
export type Watched = {
  readonly known: Map<string, RuleStatus>
  /** Rules that somebody asked for, by scope and name. */
  readonly asked: Set<string>
  readonly isClosed: () => boolean
}

export const watchedName = ({ account, region }: Scope, name: string) => `${account} ${region} ${name}`

/**
 * Rules of one account and Region are one setting; this is what its name begins with. It is spelled here, so that nothing of
 * rules is loaded before there are any.
 */
export const RULES_SETTING = 'config-rules '
/** Setting that lists the accounts and Regions that have rules. */
export const SCOPES_SETTING = 'config-scopes'
