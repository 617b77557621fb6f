import type { Scope } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'
import { QUOTA_INCREASES_MAX } from '../domain/limits.ts'
import { defaultValue, findQuota, type Quota, RESOURCE_QUOTAS, type ResourceQuota } from '../metering/quota.ts'
import type { Change, Store } from './ports.ts'

export { findQuota, QUOTAS, type Quota } from '../metering/quota.ts'

/** Setting that says which quotas of which accounts were increased. */
export const INCREASES = 'quota-increases'

/** Increased values by account, Region and code. */
export type Increases = ReadonlyMap<string, number>
export const increaseName = ({ account, region }: Pick<Scope, 'account'> & { readonly region: string }, code: string) =>
  `${account} ${region} ${code}`

/** Values that an operator sets, by code, instead of AWS's. */
export type QuotaValues = ReadonlyMap<string, number>

/** Quotas of accounts, as they are now. */
export type Quotas = {
  /** The value in force. */
  value(scope: Scope, quota: Quota): Promise<number>
  resource(scope: Scope, quota: ResourceQuota): Promise<number>
  /** AWS's value, or the operator's. */
  defaultOf(quota: Quota, region: string): number
  /** The change that puts a value in force; `QuotaExceededException` when there are too many of them. */
  increase(scope: Scope, quota: Quota, value: number): Promise<Change | ServiceError>
}

export function parseIncreases(text: string | undefined): Increases {
  return new Map(text === undefined ? [] : (JSON.parse(text) as [string, number][]))
}

export function openQuotas(store: Pick<Store, 'setting'>, values: QuotaValues = new Map()): Quotas {
  let known: { readonly text: string | undefined; readonly increases: Increases } = {
    text: undefined,
    increases: new Map(),
  }
  const current = async () => {
    const text = await store.setting(INCREASES)
    if (text !== known.text) known = { text, increases: parseIncreases(text) }
    return known
  }
  const defaultOf = (quota: Quota, region: string) => values.get(quota.code) ?? defaultValue(quota, region)
  const value = async (scope: Scope, quota: Quota) =>
    (await current()).increases.get(increaseName(scope, quota.code)) ?? defaultOf(quota, scope.region)
  return {
    value,
    defaultOf,
    resource(scope, named) {
      const quota = findQuota(RESOURCE_QUOTAS[named])
      if (!quota) throw new TypeError('a quota has no definition')
      return value(scope, quota)
    },
    async increase(scope, quota, wanted) {
      const { text: was, increases } = await current()
      const next = new Map(increases).set(increaseName(scope, quota.code), wanted)
      if (next.size > QUOTA_INCREASES_MAX)
        return error('QuotaExceededException', `More than ${QUOTA_INCREASES_MAX} quotas cannot be increased.`)
      return {
        kind: 'put-setting',
        name: INCREASES,
        value: JSON.stringify([...next]),
        ...(was === undefined ? {} : { was }),
      }
    },
  }
}
