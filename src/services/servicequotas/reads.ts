import { isError } from '../../domain/error.ts'
import { optional, text } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

const OUTPUT = { Quota: optional(shapes.ServiceQuota) } as const
const ERRORS = ['NoSuchResourceException', 'IllegalArgumentException'] as const

/**
 * One quota with the value that is in force for the account and Region.
 *
 * Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
 */
export const GetServiceQuota = operation({
  ...shapes.shared,
  name: 'GetServiceQuota',
  input: { ServiceCode: shapes.ServiceCode, QuotaCode: shapes.QuotaCode, ContextId: optional(text()) },
  output: OUTPUT,
  errors: ERRORS,
  targets: async () => ({ account: account('servicequotas:GetServiceQuota') }),
  async run(input, _granted, { caller: { scope }, quotas }) {
    const quota = shapes.quotaOf(input)
    if (isError(quota)) return quota
    return { output: { Quota: shapes.shown(scope, quota, await quotas.value(scope, quota)) } }
  },
})

/**
 * One quota with the value that every account has in the Region.
 *
 * Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetAWSDefaultServiceQuota.html
 */
export const GetAWSDefaultServiceQuota = operation({
  ...shapes.shared,
  name: 'GetAWSDefaultServiceQuota',
  input: { ServiceCode: shapes.ServiceCode, QuotaCode: shapes.QuotaCode },
  output: OUTPUT,
  errors: ERRORS,
  targets: async () => ({ account: account('servicequotas:GetAWSDefaultServiceQuota') }),
  async run(input, _granted, { caller: { scope }, quotas }) {
    const quota = shapes.quotaOf(input)
    if (isError(quota)) return quota
    return { output: { Quota: shapes.shown(scope, quota, quotas.defaultOf(quota, scope.region)) } }
  },
})
