import type { Key } from '../../domain/key.ts'
import { CONTEXT_OPERATIONS } from '../../policy/grant.ts'
import type { Knowledge } from '../../policy/knowledge.ts'
import { keyConditions } from '../context.ts'

const ABSENT: readonly string[] = []
const CONTEXT_PREFIX = 'kms:encryptioncontext'
const CARRIES_CONTEXT: ReadonlySet<string> = new Set(
  [...CONTEXT_OPERATIONS, 'CreateGrant', 'RetireGrant'].map((name) => `kms:${name}`.toLowerCase()),
)
const GRANT_ACTIONS: ReadonlySet<string> = new Set(['kms:creategrant', 'kms:listgrants', 'kms:revokegrant'])

/** What every request here says, because no AWS service and no VPC of AWS's ever calls. See request/context.ts. */
const CONSTANT: ReadonlyMap<string, readonly string[]> = new Map([
  ['aws:viaawsservice', ['false']],
  ['aws:principalisawsservice', ['false']],
  ['aws:calledvia', ABSENT],
  ['aws:principalorgid', ABSENT],
  ['aws:principalorgpaths', ABSENT],
  ['aws:sourceaccount', ABSENT],
  ['aws:sourcearn', ABSENT],
  ['aws:sourcevpc', ABSENT],
  ['aws:sourcevpce', ABSENT],
  ['aws:vpcsourceip', ABSENT],
  ['kms:viaservice', ABSENT],
])

const PRINCIPAL_KEYS: ReadonlySet<string> = new Set(['aws:username'])
const PRINCIPAL_TAG = 'aws:principaltag/'

/** What is known of whoever will ask: values by name, and whether it has no other keys of its own than those. */
export type KnownCaller = {
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** Sessions bring tags of their own, and other accounts do not tell theirs. */
  readonly isWhollyKnown: boolean
}

/** What is known of a request before it is made: everything about key and caller, nothing about what it will bring. */
export function foreknowledge(key: Key, caller: KnownCaller, action: string): Knowledge {
  const ofKey = keyConditions(key)
  const carriesContext = CARRIES_CONTEXT.has(action)
  const isAboutGrants = GRANT_ACTIONS.has(action)
  return (name) => {
    const known = caller.keys.get(name) ?? ofKey.get(name) ?? CONSTANT.get(name)
    if (known) return known
    if (name === 'kms:calleraccount') return caller.keys.get('aws:principalaccount') ?? 'unknown'
    if (name.startsWith(CONTEXT_PREFIX) && !carriesContext) return ABSENT
    if (name.startsWith('aws:resourcetag/')) return ABSENT
    if (name === 'kms:grantisforawsresource') return isAboutGrants ? ['false'] : ABSENT
    const isOfCaller = name.startsWith(PRINCIPAL_TAG) || PRINCIPAL_KEYS.has(name)
    return isOfCaller && caller.isWhollyKnown ? ABSENT : 'unknown'
  }
}

/** Condition keys as they are looked up, from pairs. */
export function keyMap(pairs: Iterable<readonly [string, string]>): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, readonly string[]>()
  for (const [name, value] of pairs) map.set(name, [...(map.get(name) ?? []), value])
  return map
}
