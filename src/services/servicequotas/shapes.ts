import { partitionOf, type Scope } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { boolean, double, integer, oneOf, optional, structure, text } from '../../protocol/shape.ts'
import { findQuota, type Quota } from '../../request/quotas.ts'

export const ServiceCode = text(1, 63, '[a-zA-Z][a-zA-Z0-9-]{1,63}')
export const QuotaCode = text(1, 128, '[a-zA-Z][a-zA-Z0-9-]{1,128}')
export const AppliedLevel = oneOf('ACCOUNT', 'RESOURCE', 'ALL')

/** A quota as answers show it. */
export const ServiceQuota = structure({
  ServiceCode: optional(text()),
  ServiceName: optional(text()),
  QuotaArn: optional(text()),
  QuotaCode: optional(text()),
  QuotaName: optional(text()),
  Value: optional(double()),
  Unit: optional(text()),
  Adjustable: optional(boolean()),
  GlobalQuota: optional(boolean()),
  Period: optional(structure({ PeriodValue: optional(integer()), PeriodUnit: optional(oneOf('SECOND')) })),
  QuotaAppliedAtLevel: optional(oneOf('ACCOUNT', 'RESOURCE', 'ALL')),
})

/** What all quotas here are of. */
const KMS = { ServiceCode: 'kms', ServiceName: 'AWS Key Management Service (AWS KMS)' } as const

export function quotaArn({ account, region }: Scope, { code }: Quota): string {
  return `arn:${partitionOf(region)}:servicequotas:${region}:${account}:${KMS.ServiceCode}/${code}`
}

/** What of a quota does not hang on its value. */
export function named(scope: Scope, quota: Quota) {
  return {
    ...KMS,
    QuotaArn: quotaArn(scope, quota),
    QuotaCode: quota.code,
    QuotaName: quota.name,
    Unit: 'None',
    GlobalQuota: false,
  }
}

export function shown(scope: Scope, quota: Quota, value: number) {
  return {
    ...named(scope, quota),
    Value: value,
    Adjustable: quota.isAdjustable,
    ...(quota.kind === 'rate' ? { Period: { PeriodValue: 1, PeriodUnit: 'SECOND' as const } } : {}),
    QuotaAppliedAtLevel: 'ACCOUNT' as const,
  }
}

/** `NoSuchResourceException` unless the service is KMS: of others there are no quotas here. */
export function refuseService(code: string): ServiceError | undefined {
  return code === KMS.ServiceCode
    ? undefined
    : error('NoSuchResourceException', `The request failed because the specified service does not exist: ${code}.`)
}

/** The quota of that code; `NoSuchResourceException` when there is none. */
export function quotaOf(input: { readonly ServiceCode: string; readonly QuotaCode: string }): Quota | ServiceError {
  const refused = refuseService(input.ServiceCode)
  if (isError(refused)) return refused
  return (
    findQuota(input.QuotaCode) ??
    error(
      'NoSuchResourceException',
      `The request failed because the specified quota does not exist: ${input.QuotaCode}.`,
    )
  )
}

/** What every operation here has. */
export const shared = { readOnly: true, quota: 'management', states: 'any' } as const
