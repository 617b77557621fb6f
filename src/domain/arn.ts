import type { Brand } from './brand.ts'

export type AccountId = Brand<string, 'AccountId'>
export type Region = Brand<string, 'Region'>
export type KeyId = Brand<string, 'KeyId'>
export type KeyArn = Brand<string, 'KeyArn'>
/** `alias/` and the name. */
export type AliasName = Brand<string, 'AliasName'>
export type AliasArn = Brand<string, 'AliasArn'>
export type PrincipalArn = Brand<string, 'PrincipalArn'>

/** Where a resource lives: resources of one scope never see another's. */
export type Scope = { readonly account: AccountId; readonly region: Region }

const ACCOUNT_ID = /^\d{12}$/
/** Source: RegionType of the service model. */
const REGION = /^([a-z]+-){2,3}\d+$/

export function parseAccountId(text: string): AccountId | undefined {
  return ACCOUNT_ID.test(text) ? (text as AccountId) : undefined
}

export function parseRegion(text: string): Region | undefined {
  return text.length <= 32 && REGION.test(text) ? (text as Region) : undefined
}

/** The partition a Region belongs to. Source: AWS partitions metadata. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  if (region.startsWith('us-isob-')) return 'aws-iso-b'
  if (region.startsWith('us-iso-')) return 'aws-iso'
  return 'aws'
}

export function keyArn({ account, region }: Scope, keyId: KeyId): KeyArn {
  return `arn:${partitionOf(region)}:kms:${region}:${account}:key/${keyId}` as KeyArn
}

export function aliasArn({ account, region }: Scope, name: AliasName): AliasArn {
  return `arn:${partitionOf(region)}:kms:${region}:${account}:${name}` as AliasArn
}

export function rootArn(account: AccountId, region: Region): PrincipalArn {
  return `arn:${partitionOf(region)}:iam::${account}:root` as PrincipalArn
}

/** An ARN that a check has shown to be a principal's. */
export function parsePrincipalArn(arn: string): PrincipalArn {
  return arn as PrincipalArn
}

export type ParsedArn = {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

/** Splits `arn:partition:service:region:account:resource`; the resource may hold further colons. */
export function parseArn(text: string): ParsedArn | undefined {
  const [prefix, partition, service, region, account, ...rest] = text.split(':')
  if (prefix !== 'arn' || !partition || !service || region === undefined || account === undefined) return undefined
  return rest.length === 0 ? undefined : { partition, service, region, account, resource: rest.join(':') }
}
