import type { AccountId, PrincipalArn } from './arn.ts'

/** A tag as IAM spells it. */
export type IamTag = { readonly Key: string; readonly Value: string }

/** A policy that exists only inside its holder. */
export type InlinePolicy = { readonly name: string; readonly document: string }

/** What an ARN in a resource policy stood for when the policy was saved: the unique id of a user or role. */
export type PrincipalBinding = { readonly arn: string; readonly id: string }

type Base = {
  readonly account: AccountId
  /** Unique and never used again: `AIDA…`, `AGPA…`, `AROA…`, `ANPA…`, `ASVC…`; the ARN where AWS gives no id. */
  readonly id: string
  /** As given; names that differ in case only are the same name. */
  readonly name: string
  /** `/` or `/…/`. */
  readonly path: string
  readonly arn: PrincipalArn
  /** Grows by one with every change; a change names the revision that it was computed from. */
  readonly revision: number
  /** Milliseconds since the epoch, UTC. */
  readonly createdAt: number
  readonly tags: readonly IamTag[]
}

type Holder = {
  readonly inlinePolicies: readonly InlinePolicy[]
  /** ARNs of managed policies. */
  readonly attachedPolicies: readonly string[]
}

export type IamUser = Base &
  Holder & {
    readonly kind: 'user'
    /** ARN of a managed policy. */
    readonly boundary?: string
    /** Ids of groups. */
    readonly groups: readonly string[]
    /** Serial numbers. */
    readonly mfaDevices: readonly string[]
  }

export type IamGroup = Base & Holder & { readonly kind: 'group' }

export type IamRole = Base &
  Holder & {
    readonly kind: 'role'
    readonly boundary?: string
    readonly description?: string
    readonly maxSessionSeconds: number
    readonly trustPolicy: string
    readonly trustBindings: readonly PrincipalBinding[]
  }

/** One version of a managed policy; `number` 3 is `v3` on the wire. */
export type PolicyVersion = { readonly number: number; readonly document: string; readonly createdAt: number }

export type ManagedPolicy = Base & {
  readonly kind: 'policy'
  readonly description?: string
  readonly updatedAt: number
  readonly versions: readonly PolicyVersion[]
  readonly defaultVersion: number
  /** The highest number ever given: numbers do not repeat. */
  readonly lastVersion: number
}

/** A virtual MFA device; its serial number is its ARN. */
export type MfaDevice = Base & {
  readonly kind: 'mfa-device'
  /** Base64 of the seed as the key process wraps it. */
  readonly wrappedSeed: string
  /** Whose it is, a user's id or the account of the root user; absent while nobody's. */
  readonly owner?: string
  readonly enabledAt?: number
  /** Step of 30 seconds whose code was used last: no code is good twice. */
  readonly lastStep?: number
}

export type OidcProvider = Base & {
  readonly kind: 'oidc-provider'
  /** Without `https://`. */
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
}

/** What belongs to the account as a whole. */
export type AccountRecord = Base & {
  readonly kind: 'account'
  readonly alias?: string
  /** Serial number of the root user's device. */
  readonly rootMfaDevice?: string
}

/**
 * A service that calls for itself, and for users who called it. Its name is the one that its users sign for; it belongs to
 * the installation and is no principal of any account. Its `arn` is its principal: `s3.amazonaws.com`.
 */
export type IntegratedService = Base & { readonly kind: 'service' }

/** Everything that IAM keeps. */
export type Entity =
  | IamUser
  | IamGroup
  | IamRole
  | ManagedPolicy
  | MfaDevice
  | OidcProvider
  | AccountRecord
  | IntegratedService
export type EntityKind = Entity['kind']
export type EntityOf<Kind extends EntityKind> = Extract<Entity, { readonly kind: Kind }>
/** What can hold policies. */
export type PolicyHolder = IamUser | IamGroup | IamRole

/** How one entity refers to another. */
export type ReferenceUsage = 'attached' | 'boundary' | 'member'
/** `target`: a policy's ARN or a group's id. */
export type Reference = { readonly usage: ReferenceUsage; readonly target: string }

/** What an entity refers to; none of it may be deleted as long as it is referred to. */
export function referencesOf(entity: Entity): readonly Reference[] {
  const attached = 'attachedPolicies' in entity ? entity.attachedPolicies : []
  const boundary = 'boundary' in entity && entity.boundary !== undefined ? [entity.boundary] : []
  const groups = entity.kind === 'user' ? entity.groups : []
  return [
    ...attached.map((target) => ({ usage: 'attached', target }) as const),
    ...boundary.map((target) => ({ usage: 'boundary', target }) as const),
    ...groups.map((target) => ({ usage: 'member', target }) as const),
  ]
}

/** The name by which references know an entity. */
export function referenceName(entity: Entity): string {
  return entity.kind === 'policy' ? entity.arn : entity.id
}

/** The name under which an entity is unique among those of its kind in its account. */
export function uniqueName(name: string): string {
  return name.toLowerCase()
}

const TYPES = {
  user: 'user',
  group: 'group',
  role: 'role',
  policy: 'policy',
  'mfa-device': 'mfa',
  'oidc-provider': 'oidc-provider',
  account: 'account',
  service: 'service',
} as const satisfies Record<EntityKind, string>

/** @param partition - `aws`, or that of the Region from which the entity is made. */
export function entityArn(
  kind: EntityKind,
  { partition, account }: { readonly partition: string; readonly account: string },
  path: string,
  name: string,
): PrincipalArn {
  return `arn:${partition}:iam::${account}:${TYPES[kind]}${path}${name}` as PrincipalArn
}

/** Partition and account of AWS's own managed policies: nobody's to change. */
export function isAwsManaged(policyArn: string): boolean {
  return /^arn:aws(?:-[a-z]{1,8}){0,3}:iam::aws:policy\//.test(policyArn)
}

const POLICY_ARN = /^arn:aws(?:-[a-z]{1,8}){0,3}:iam::(\d{12}|aws):policy(\/(?:[!-~]+\/)?)([\w+=,.@-]{1,128})$/

/** Account (`aws` for AWS's own), path and name of a managed policy's ARN. */
export function parsePolicyArn(
  arn: string,
): { readonly account: string; readonly path: string; readonly name: string } | undefined {
  const [, account, path, name] = POLICY_ARN.exec(arn) ?? []
  return account !== undefined && path !== undefined && name !== undefined ? { account, path, name } : undefined
}

const PROVIDER_URL = /^https:\/\/([a-z0-9.-]{1,253}(?::\d{1,5})?(?:\/[\w+=,.@/~%-]*)?)$/i

/** An identity provider's URL without `https://` and a slash at the end; nothing for what is no such URL. */
export function parseProviderUrl(url: string): string | undefined {
  return url.length > 255 ? undefined : PROVIDER_URL.exec(url)?.[1]?.replace(/\/$/, '')
}
