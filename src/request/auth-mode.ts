import { isError, type ServiceError } from '../domain/error.ts'
import type { Authenticate } from './authenticate.ts'
import type { Authorize } from './authorize.ts'
import type { VerifiedCaller } from './caller.ts'
import type { Log } from './log.ts'
import type { Target } from './targets.ts'

/**
 * How the emulator treats callers. `issued`: made-up credentials may do anything in their account, issued ones are held to
 * their policies. `enforce`: made-up ones are the account's root user, decided about like any principal. `audit`: nothing is
 * refused, and what would be is logged. `off`: nothing is asked.
 */
export const AUTH_MODES = ['issued', 'enforce', 'audit', 'off'] as const
export type AuthMode = (typeof AUTH_MODES)[number]

export function parseAuthMode(text: string): AuthMode | undefined {
  return AUTH_MODES.find((mode) => mode === text)
}

/** The decision as the mode takes it. */
export function authorizeInMode(mode: AuthMode, authorize: Authorize, log: Log): Authorize {
  switch (mode) {
    case 'enforce':
      return authorize
    case 'off':
      return () => undefined
    case 'issued':
      return (caller, target, carried) =>
        caller.isUnrestricted && accountOf(target, caller) === caller.scope.account
          ? undefined
          : authorize(caller, target, carried)
    case 'audit':
      return async (caller, target, carried) => {
        const verdict = await authorize(caller, target, carried)
        if (!verdict?.refusal) return verdict
        const { refusal, ...decided } = verdict
        log.warn('AWS would deny this call', { operation: target.action, ...reasonOf(refusal) })
        return decided
      }
  }
}

function accountOf(target: Target, { scope }: VerifiedCaller): string {
  switch (target.kind) {
    case 'key':
      return target.key.account
    case 'alias':
    case 'arn':
    case 'entity':
    case 'role':
      return target.account
    case 'account':
      return scope.account
  }
}

/**
 * What becomes of credentials that a Trent has issued: they are verified, but where nothing is refused wrong ones count as
 * made up.
 */
export function issuedInMode(
  mode: AuthMode,
  ways: { readonly verify: Authenticate; readonly accept: Authenticate },
  log: Log,
): Authenticate {
  if (mode === 'issued' || mode === 'enforce') return ways.verify
  return async (request, service) => {
    const verified: VerifiedCaller | ServiceError = await ways.verify(request, service)
    if (!isError(verified)) return unrestricted(verified)
    if (mode === 'audit') log.warn('AWS would refuse these credentials', reasonOf(verified))
    return ways.accept(request, service)
  }
}

function reasonOf({ message }: ServiceError) {
  return message === undefined ? {} : { reason: message }
}

/** The same caller, whom nothing is refused. */
function unrestricted(caller: VerifiedCaller): VerifiedCaller {
  return { ...caller, isUnrestricted: true }
}
