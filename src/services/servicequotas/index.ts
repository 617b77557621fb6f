import type { Service } from '../../request/operation.ts'
import { ListAWSDefaultServiceQuotas, ListServiceQuotas } from './lists.ts'
import { RequestServiceQuotaIncrease } from './RequestServiceQuotaIncrease.ts'
import { GetAWSDefaultServiceQuota, GetServiceQuota } from './reads.ts'

/** Service Quotas, API version 2019-06-24. */
export const servicequotas: Service = {
  name: 'servicequotas',
  eventSource: 'servicequotas.amazonaws.com',
  protocol: 'json',
  targetPrefix: 'ServiceQuotasV20190624',
  operations: new Map(
    [
      GetAWSDefaultServiceQuota,
      GetServiceQuota,
      ListAWSDefaultServiceQuotas,
      ListServiceQuotas,
      RequestServiceQuotaIncrease,
    ].map((operation) => [operation.name, operation]),
  ),
}
