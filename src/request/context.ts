import type { Key } from '../domain/key.ts'
import type { RequestContext } from '../policy/types.ts'
import type { VerifiedCaller } from './caller.ts'
import type { ConditionValues, Target } from './targets.ts'

/**
 * The condition keys of one decision: names in lower case.
 *
 * @param carried - the keys that the operation's own request carries.
 * @param now - milliseconds since the epoch.
 * Source: KMS developer guide, condition keys; IAM user guide, global condition keys.
 */
export function requestContext(
  caller: VerifiedCaller,
  target: Target,
  carried: ConditionValues,
  now: number,
): RequestContext {
  const context = new Map<string, readonly string[]>()
  const put = (name: string, value: string) => context.set(name, [value])
  put('aws:principalarn', caller.principal.arn)
  put('aws:principalaccount', caller.principal.account)
  put('aws:principaltype', 'Account')
  put('aws:userid', caller.principal.account)
  put('aws:sourceip', caller.sourceIp)
  put('aws:useragent', caller.userAgent)
  put('aws:securetransport', String(caller.secure))
  put('aws:currenttime', new Date(now).toISOString())
  put('aws:epochtime', String(Math.floor(now / 1000)))
  put('aws:requestedregion', caller.region)
  put('aws:viaawsservice', 'false')
  put('aws:principalisawsservice', 'false')
  put('kms:calleraccount', caller.scope.account)
  if (target.kind === 'key') {
    putKey(put, target.key)
    if (target.requestAlias !== undefined) put('kms:requestalias', target.requestAlias)
  }
  for (const [name, value] of Object.entries(carried))
    if (value !== undefined) context.set(name.toLowerCase(), typeof value === 'string' ? [value] : value)
  return context
}

function putKey(put: (name: string, value: string) => void, key: Key): void {
  put('kms:keyspec', key.keySpec)
  put('kms:customermasterkeyspec', key.keySpec)
  put('kms:keyusage', key.keyUsage)
  put('kms:customermasterkeyusage', key.keyUsage)
  put('kms:keyorigin', key.origin)
  put('kms:multiregion', String(key.multiRegion))
  put('aws:resourceaccount', key.account)
  for (const tag of key.tags) put(`aws:resourcetag/${tag.TagKey.toLowerCase()}`, tag.TagValue)
}
