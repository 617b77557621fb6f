import { type AccountId, type KeyArn, parseAccountId, type Region, rootArn } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Key } from '../domain/key.ts'
import { POLICY_CACHE_MAX } from '../domain/limits.ts'
import { compilePolicy } from '../policy/compile.ts'
import { defaultKeyPolicy, parsePolicy } from '../policy/document.ts'
import { wouldLockOut } from '../policy/lockout.ts'
import { formatPolicy } from '../policy/pretty.ts'
import { type NamedPrincipal, namedPrincipals } from '../policy/principal.ts'
import type { CompiledPolicy } from '../policy/types.ts'
import type { VerifiedCaller } from './caller.ts'
import { type KeyFacts, requestContext } from './context.ts'
import { lru } from './lru.ts'
import type { Clock } from './ports.ts'

type PolicyOwner = Pick<Key, 'account' | 'region' | 'policy'>

/** The policy that decides about a key, as JSON: the one that was put, or the default one. */
function policyText({ account, region, policy }: PolicyOwner): string {
  return policy ?? defaultKeyPolicy(rootArn(account, region))
}

/** A key's policy as GetKeyPolicy returns it. */
export function keyPolicyText(key: Key): string {
  const isAccount = (text: string): text is AccountId => parseAccountId(text) !== undefined
  return formatPolicy(policyText(key), (text) => (isAccount(text) ? rootArn(text, key.region) : text))
}

/** A new policy, and the key and caller that it is for. */
export type Submission = {
  readonly text: string
  /** BypassPolicyLockoutSafetyCheck. */
  readonly bypassesLockoutCheck: boolean
  readonly caller: VerifiedCaller
  readonly key: KeyFacts & { readonly arn: KeyArn }
}

/** Key policies compiled once per text, and the checks of new ones. */
export type KeyPolicies = {
  /** Whether a principal that a policy or a grant names exists. */
  isPrincipal(named: NamedPrincipal): boolean
  compiled(key: PolicyOwner): CompiledPolicy
  /** The text to keep, or `MalformedPolicyDocumentException`, `LimitExceededException`. */
  check(submission: Submission): string | ServiceError
}

/** @param isPrincipal - whether a principal that a policy names exists. */
export function keyPolicies(clock: Clock, isPrincipal: (named: NamedPrincipal) => boolean): KeyPolicies {
  const cache = lru<string, CompiledPolicy>(POLICY_CACHE_MAX)
  return {
    isPrincipal,
    compiled(key) {
      const name = key.policy ?? defaultName(key.account, key.region)
      const known = cache.get(name)
      if (known) return known
      const document = parsePolicy(policyText(key), 'key')
      if (isError(document)) throw new TypeError('a stored key policy is not a policy')
      const made = compilePolicy(document)
      cache.set(name, made)
      return made
    },
    check({ text, bypassesLockoutCheck, caller, key }) {
      const document = parsePolicy(text, 'key')
      if (isError(document)) return document
      if (!namedPrincipals(document).every(isPrincipal))
        return error(
          'MalformedPolicyDocumentException',
          'Policy contains a statement with one or more invalid principals.',
        )
      const context = requestContext(caller, { key }, () => ({}), clock.now())
      return !bypassesLockoutCheck && wouldLockOut(compilePolicy(document), caller.principal, { key, context })
        ? error(
            'MalformedPolicyDocumentException',
            'The new key policy will not allow you to update the key policy in the future.',
          )
        : text
    },
  }
}

/** No policy's text looks like this, so the default ones share the cache with the others. */
function defaultName(account: AccountId, region: Region): string {
  return `default ${rootArn(account, region)}`
}
