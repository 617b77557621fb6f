import type { AliasName, Region } from '../domain/arn.ts'
import { viaServiceOf } from '../domain/integrated-service.ts'
import type { Key } from '../domain/key.ts'
import { multiRegionKeyType } from '../domain/multi-region.ts'
import type { RequestContext } from '../policy/types.ts'
import type { VerifiedCaller } from './caller.ts'
import type { EntityTarget } from './iam/entity-target.ts'
import type { ConditionValues } from './targets.ts'

/** What of a key its condition keys tell. */
export type KeyFacts = Pick<
  Key,
  'account' | 'region' | 'keySpec' | 'keyUsage' | 'origin' | 'multiRegion' | 'related' | 'tags'
>

/** What is decided about: a key and the alias by which the request named it, or an entity of IAM. */
export type Subject = {
  readonly key?: KeyFacts
  readonly requestAlias?: AliasName
  /** All aliases of the key; absent until a policy asks for them. */
  readonly resourceAliases?: readonly AliasName[]
  /** Where what is no key is asked for, if not in the caller's Region. */
  readonly region?: Region
  readonly entity?: Pick<EntityTarget, 'account' | 'tags'>
}

/** Condition keys that an operation sets after it has checked them, spelled as it does. */
const PROVEN_ANEW: ReadonlySet<string> = new Set(['aws:multifactorauthpresent', 'aws:multifactorauthage'])

/** Operations that carry it say that no service calls. */
const FOR_RESOURCE = 'kms:GrantIsForAWSResource'
const isByService = ({ principal, via }: VerifiedCaller) => via !== undefined || principal.type === 'service'

type Put = (name: string, ...values: readonly string[]) => void

/** Condition keys that a decision asked for, with their values; one that was not there has none. */
export type AskedKeys = ReadonlyMap<string, readonly string[]>

/** The condition keys of a request, and which of them were asked for. */
export type AskedContext = RequestContext & {
  /** Nothing when no policy asked. */
  asked(): AskedKeys | undefined
}

const NO_VALUES: readonly string[] = []

/**
 * The condition keys of one decision: names in lower case. They are gathered when a policy first asks for one, because most
 * policies ask for none.
 *
 * Names that differ in case only, as two tags or two pairs of an encryption context may, are one key with the values of
 * both: had the later one the last word, a request could hide the value that a policy is about.
 *
 * @param carried - the keys that the operation's own request carries.
 * @param now - milliseconds since the epoch.
 * Source: KMS developer guide, condition keys; IAM user guide, global condition keys.
 */
export function requestContext(
  caller: VerifiedCaller,
  subject: Subject,
  carried: () => ConditionValues,
  now: number,
): AskedContext {
  let gathered: ReadonlyMap<string, readonly string[]> | undefined
  let asked: Map<string, readonly string[]> | undefined
  return {
    get(name) {
      gathered ??= gather(caller, subject, carried(), now)
      const values = gathered.get(name)
      asked ??= new Map()
      asked.set(name, values ?? NO_VALUES)
      return values
    },
    asked: () => asked,
  }
}

function gather(
  caller: VerifiedCaller,
  subject: Subject,
  carried: ConditionValues,
  now: number,
): ReadonlyMap<string, readonly string[]> {
  const context = new Map<string, readonly string[]>()
  const put: Put = (name, ...values) => {
    const known = context.get(name)
    context.set(name, known ? [...known, ...values] : values)
  }
  putCaller(put, caller, now)
  put('aws:requestedregion', subject.key?.region ?? subject.region ?? caller.region)
  if (subject.key) putKey(put, subject.key)
  if (subject.entity) putEntity(put, subject.entity)
  if (subject.requestAlias !== undefined) put('kms:requestalias', subject.requestAlias)
  if (subject.resourceAliases !== undefined) put('kms:resourcealiases', ...subject.resourceAliases)
  for (const [name, value] of Object.entries(carried)) {
    // What a request itself proves takes the place of what the caller's credentials say.
    if (value !== undefined && PROVEN_ANEW.has(name)) context.delete(name)
    if (name === FOR_RESOURCE && isByService(caller)) put(FOR_RESOURCE.toLowerCase(), 'true')
    else if (value !== undefined) put(name.toLowerCase(), ...(typeof value === 'string' ? [value] : value))
  }
  return context
}

function putCaller(put: Put, caller: VerifiedCaller, now: number): void {
  for (const [name, value] of caller.keys) put(name, value)
  const mfaAt = caller.session?.mfaAt
  if (mfaAt !== undefined && caller.session?.kind !== 'federated')
    put('aws:multifactorauthage', String(Math.max(0, Math.floor((now - mfaAt) / 1000))))
  put('aws:sourceip', caller.sourceIp)
  put('aws:useragent', caller.userAgent)
  put('aws:securetransport', String(caller.secure))
  put('aws:currenttime', new Date(now).toISOString())
  put('aws:epochtime', String(Math.floor(now / 1000)))
  putService(put, caller)
}

/** Whether a service calls, and for whom. A service of its own account has none that a policy could mean. */
function putService(put: Put, { principal, via, region, scope }: VerifiedCaller): void {
  put('aws:viaawsservice', String(via !== undefined))
  if (principal.type === 'service') return
  put('aws:principalisawsservice', 'false')
  put('kms:calleraccount', scope.account)
  if (!via) return
  put('kms:viaservice', viaServiceOf(via.name, region))
  for (const name of ['aws:calledvia', 'aws:calledviafirst', 'aws:calledvialast']) put(name, via.principal)
}

function putKey(put: Put, key: KeyFacts): void {
  put('kms:keyspec', key.keySpec)
  put('kms:customermasterkeyspec', key.keySpec)
  put('kms:keyusage', key.keyUsage)
  put('kms:customermasterkeyusage', key.keyUsage)
  put('kms:keyorigin', key.origin)
  put('kms:multiregion', String(key.multiRegion))
  const keyType = multiRegionKeyType(key)
  if (keyType) put('kms:multiregionkeytype', keyType)
  put('aws:resourceaccount', key.account)
  for (const tag of key.tags) put(`aws:resourcetag/${tag.TagKey.toLowerCase()}`, tag.TagValue)
}

/** The condition keys that a key brings into every decision about it. */
export function keyConditions(key: KeyFacts): ReadonlyMap<string, readonly string[]> {
  const context = new Map<string, readonly string[]>()
  putKey((name, ...values) => context.set(name, [...(context.get(name) ?? []), ...values]), key)
  context.set('aws:requestedregion', [key.region])
  return context
}

/** Tags of an entity go by both names. Source: service authorization reference, IAM. */
function putEntity(put: Put, { account, tags }: Pick<EntityTarget, 'account' | 'tags'>): void {
  put('aws:resourceaccount', account)
  for (const { Key, Value } of tags) {
    put(`aws:resourcetag/${Key.toLowerCase()}`, Value)
    put(`iam:resourcetag/${Key.toLowerCase()}`, Value)
  }
}
