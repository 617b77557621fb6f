import type { PrincipalArn } from './arn.ts'

/** The service that calls for somebody. */
export type CallingService = {
  /** What its users sign for: `s3`. */
  readonly name: string
  /** `s3.amazonaws.com`. */
  readonly principal: string
}

/** Names that signatures for this endpoint itself carry: whoever bore one would be called by everybody. */
const TAKEN: ReadonlySet<string> = new Set([
  'cloudtrail',
  'config',
  'iam',
  'kms',
  'monitoring',
  'servicequotas',
  'sts',
  'tagging',
  'trent',
])
const NAME = /^[a-z][a-z0-9-]{1,31}$/

/** Whether a service may have the name. */
export function isServiceName(name: string): boolean {
  return NAME.test(name) && !TAKEN.has(name)
}

/** What key policies, grants and events call the service of that name. */
export function servicePrincipal(name: string): PrincipalArn {
  return `${name}.amazonaws.com` as PrincipalArn
}

const ID = /^ASVC/

/** Whether an access key is a service's. */
export function isServicesKey({ userId }: { readonly userId?: string }): boolean {
  return userId !== undefined && ID.test(userId)
}

/** `s3.us-east-1.amazonaws.com`, which `kms:ViaService` is while the service calls for somebody. */
export function viaServiceOf(signingName: string, region: string): string {
  return `${signingName}.${region}.amazonaws.com`
}
