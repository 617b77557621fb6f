import { type AccountId, type KeyArn, parseAccountId, type Region, rootArn } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import type { PrincipalBinding } from '../domain/iam.ts'
import type { Key } from '../domain/key.ts'
import { POLICY_CACHE_MAX } from '../domain/limits.ts'
import { compilePolicy } from '../policy/compile.ts'
import { defaultKeyPolicy, type PolicyDocument, parsePolicy } from '../policy/document.ts'
import { wouldLockOut } from '../policy/lockout.ts'
import { formatPolicy } from '../policy/pretty.ts'
import { type NamedPrincipal, namedPrincipals } from '../policy/principal.ts'
import type { CompiledPolicy } from '../policy/types.ts'
import type { VerifiedCaller } from './caller.ts'
import { type KeyFacts, requestContext } from './context.ts'
import type { Binder } from './iam/documents.ts'
import { lru } from './lru.ts'
import type { Clock } from './ports.ts'

type PolicyOwner = Pick<Key, 'account' | 'region' | 'policy' | 'policyPrincipals'>

/** The policy that decides about a key, as JSON: the one that was put, or the default one. */
function policyText({ account, region, policy }: PolicyOwner): string {
  return policy ?? defaultKeyPolicy(rootArn(account, region))
}

/**
 * A key's policy as GetKeyPolicy returns it. A user or role that the policy was put for is shown by the ARN that it has now,
 * or by its unique id when it is gone.
 */
async function keyPolicyText(key: Key, binder: Pick<Binder, 'arnOf'>): Promise<string> {
  const isAccount = (text: string): text is AccountId => parseAccountId(text) !== undefined
  const shown = new Map<string, string>()
  for (const binding of key.policyPrincipals ?? []) shown.set(binding.arn, (await binder.arnOf(binding)) ?? binding.id)
  return formatPolicy(policyText(key), (text) =>
    isAccount(text) ? rootArn(text, key.region) : (shown.get(text) ?? text),
  )
}

/** A new policy, and the key and caller that it is for. */
export type Submission = {
  readonly text: string
  /** BypassPolicyLockoutSafetyCheck. */
  readonly bypassesLockoutCheck: boolean
  readonly caller: VerifiedCaller
  readonly key: KeyFacts & { readonly arn: KeyArn }
}

/** A policy that may be saved, and what the principals that it names mean now. */
export type Draft = {
  readonly policy: CompiledPolicy
  readonly document: PolicyDocument
  readonly bindings: readonly PrincipalBinding[]
}

/** Key policies compiled once per text, and the checks of new ones. */
export type KeyPolicies = {
  /** What the principals that a grant names mean now; nothing when one does not exist. */
  bind(named: readonly NamedPrincipal[]): Promise<readonly PrincipalBinding[] | undefined>
  compiled(key: PolicyOwner): CompiledPolicy
  /** What of the policy to keep with the key, or `MalformedPolicyDocumentException`, `LimitExceededException`. */
  check(submission: Submission): Promise<Required<Pick<Key, 'policy' | 'policyPrincipals'>> | ServiceError>
  /** The document that decides about a key now. */
  document(key: PolicyOwner): PolicyDocument
  /** A document that is not in force, as it would decide; the errors are those of `check`, but for the lockout. */
  draft(text: string): Promise<Draft | ServiceError>
  /** As GetKeyPolicy shows it. */
  shown(key: Key): Promise<string>
}

export function keyPolicies(clock: Clock, binder: Binder): KeyPolicies {
  const cache = lru<string, CompiledPolicy>(POLICY_CACHE_MAX)
  const draft = async (text: string): Promise<Draft | ServiceError> => {
    const document = parsePolicy(text, 'key')
    if (isError(document)) return document
    const bound = await binder.bind(namedPrincipals(document))
    if (!('bindings' in bound)) return UNKNOWN_PRINCIPALS
    return { document, bindings: bound.bindings, policy: compilePolicy(document, bindingMap(bound.bindings)) }
  }
  return {
    draft,
    async bind(named) {
      const bound = await binder.bind(named)
      return 'bindings' in bound ? bound.bindings : undefined
    },
    shown: (key) => keyPolicyText(key, binder),
    compiled(key) {
      const bindings = key.policyPrincipals ?? []
      const name = cacheName(key, bindings)
      const known = cache.get(name)
      if (known) return known
      const made = compilePolicy(documentOf(key), bindingMap(bindings))
      cache.set(name, made)
      return made
    },
    document: documentOf,
    async check({ text, bypassesLockoutCheck, caller, key }) {
      const made = await draft(text)
      if (isError(made)) return made
      const context = requestContext(caller, { key }, () => ({}), clock.now())
      return !bypassesLockoutCheck &&
        !caller.isUnrestricted &&
        wouldLockOut(made.policy, caller.principal, { key, context })
        ? error(
            'MalformedPolicyDocumentException',
            'The new key policy will not allow you to update the key policy in the future.',
          )
        : { policy: text, policyPrincipals: made.bindings }
    },
  }
}

const UNKNOWN_PRINCIPALS = error(
  'MalformedPolicyDocumentException',
  'Policy contains a statement with one or more invalid principals.',
)

function documentOf(key: PolicyOwner): PolicyDocument {
  const document = parsePolicy(policyText(key), 'key')
  if (isError(document)) throw new TypeError('a stored key policy is not a policy')
  return document
}

function bindingMap(bindings: readonly PrincipalBinding[]): ReadonlyMap<string, string> {
  return new Map(bindings.map(({ arn, id }) => [arn, id]))
}

/** The same text means others when it was put for others. */
function cacheName({ policy, account, region }: PolicyOwner, bindings: readonly PrincipalBinding[]): string {
  if (policy === undefined) return defaultName(account, region)
  return bindings.length === 0 ? policy : `${bindings.map(({ id }) => id).join()} ${policy}`
}

/** No policy's text looks like this, so the default ones share the cache with the others. */
function defaultName(account: AccountId, region: Region): string {
  return `default ${rootArn(account, region)}`
}
