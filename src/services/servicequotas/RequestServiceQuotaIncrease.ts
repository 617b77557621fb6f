import { error, isError, type ServiceError } from '../../domain/error.ts'
import { boolean, double, oneOf, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { Quota } from '../../request/quotas.ts'
import { account } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/** Source: QuotaValue of the service model. */
const VALUE_MAX = 10_000_000_000

const RequestedQuota = structure({
  Id: optional(text()),
  ServiceCode: optional(text()),
  ServiceName: optional(text()),
  QuotaCode: optional(text()),
  QuotaName: optional(text()),
  DesiredValue: optional(double()),
  Status: optional(oneOf('PENDING', 'CASE_OPENED', 'APPROVED', 'DENIED', 'CASE_CLOSED')),
  Created: optional(timestamp()),
  LastUpdated: optional(timestamp()),
  Requester: optional(text()),
  QuotaArn: optional(text()),
  GlobalQuota: optional(boolean()),
  Unit: optional(text()),
  QuotaRequestedAtLevel: optional(oneOf('ACCOUNT', 'RESOURCE', 'ALL')),
})

function refuse(quota: Quota, value: number, wanted: number): ServiceError | undefined {
  if (!quota.isAdjustable) return error('IllegalArgumentException', `The quota ${quota.code} is not adjustable.`)
  if (wanted > VALUE_MAX) return error('IllegalArgumentException', `A quota's value is ${VALUE_MAX} at the most.`)
  return wanted > value
    ? undefined
    : error('IllegalArgumentException', `You must provide a quota value greater than the current quota value ${value}.`)
}

/**
 * Increases a quota of the account in the Region. Here nobody has to be asked: it is in force when the call returns.
 *
 * Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html
 */
export const RequestServiceQuotaIncrease = operation({
  ...shapes.shared,
  name: 'RequestServiceQuotaIncrease',
  input: {
    ServiceCode: shapes.ServiceCode,
    QuotaCode: shapes.QuotaCode,
    DesiredValue: double(),
    ContextId: optional(text()),
    SupportCaseAllowed: optional(boolean()),
  },
  output: { RequestedQuota: optional(RequestedQuota) },
  errors: ['NoSuchResourceException', 'IllegalArgumentException', 'QuotaExceededException'],
  readOnly: false,
  event: { response: 'output' },
  targets: async () => ({ account: account('servicequotas:RequestServiceQuotaIncrease') }),
  async run(input, _granted, { caller: { scope, principal }, quotas, clock, ids }) {
    const quota = shapes.quotaOf(input)
    if (isError(quota)) return quota
    const refused = refuse(quota, await quotas.value(scope, quota), input.DesiredValue)
    if (refused) return refused
    const change = await quotas.increase(scope, quota, input.DesiredValue)
    if (isError(change)) return change
    const now = clock.now()
    return {
      output: {
        RequestedQuota: {
          Id: ids.hex(16),
          ...shapes.named(scope, quota),
          DesiredValue: input.DesiredValue,
          Status: 'APPROVED' as const,
          Created: now,
          LastUpdated: now,
          Requester: JSON.stringify({ accountId: scope.account, callerArn: principal.arn }),
          QuotaRequestedAtLevel: 'ACCOUNT' as const,
        },
      },
      changes: [change],
    }
  },
})
