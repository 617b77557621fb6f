import { isError } from '../../domain/error.ts'
import { integer, list, type Members, optional, text } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { pageOf } from './page.ts'
import * as shapes from './shapes.ts'

const INPUT = {
  ServiceCode: shapes.ServiceCode,
  NextToken: optional(text(0, 2048, '^[a-zA-Z0-9/+]*={0,2}$')),
  MaxResults: optional(integer(1, 100)),
} as const satisfies Members
const OUTPUT = { NextToken: optional(text()), Quotas: optional(list(shapes.ServiceQuota)) } as const
const ERRORS = ['NoSuchResourceException', 'IllegalArgumentException', 'InvalidPaginationTokenException'] as const

/**
 * The quotas of KMS with the values that are in force for the account and Region.
 *
 * Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
 */
export const ListServiceQuotas = operation({
  ...shapes.shared,
  name: 'ListServiceQuotas',
  input: { ...INPUT, QuotaCode: optional(shapes.QuotaCode), QuotaAppliedAtLevel: optional(shapes.AppliedLevel) },
  output: OUTPUT,
  errors: ERRORS,
  targets: async () => ({ account: account('servicequotas:ListServiceQuotas') }),
  async run(input, _granted, { caller: { scope }, quotas }) {
    const refused = shapes.refuseService(input.ServiceCode)
    if (refused) return refused
    const page = pageOf(input)
    if (isError(page)) return page
    const Quotas = await Promise.all(
      page.quotas.map(async (quota) => shapes.shown(scope, quota, await quotas.value(scope, quota))),
    )
    return { output: { Quotas, ...(page.next === undefined ? {} : { NextToken: page.next }) } }
  },
})

/**
 * The quotas of KMS with the values that every account has in the Region.
 *
 * Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListAWSDefaultServiceQuotas.html
 */
export const ListAWSDefaultServiceQuotas = operation({
  ...shapes.shared,
  name: 'ListAWSDefaultServiceQuotas',
  input: INPUT,
  output: OUTPUT,
  errors: ERRORS,
  targets: async () => ({ account: account('servicequotas:ListAWSDefaultServiceQuotas') }),
  async run(input, _granted, { caller: { scope }, quotas }) {
    const refused = shapes.refuseService(input.ServiceCode)
    if (refused) return refused
    const page = pageOf(input)
    if (isError(page)) return page
    const Quotas = page.quotas.map((quota) => shapes.shown(scope, quota, quotas.defaultOf(quota, scope.region)))
    return { output: { Quotas, ...(page.next === undefined ? {} : { NextToken: page.next }) } }
  },
})
