import type { PrincipalArn, Region, Scope } from '../domain/arn.ts'
import type { Brand } from '../domain/brand.ts'
import type { CallingService } from '../domain/integrated-service.ts'
import type { SessionRecord } from '../domain/session.ts'
import type { FederatedUser, RoleSession, RootUser, ServicePrincipal, User } from '../policy/types.ts'
import type { Identity } from '../trail/identity.ts'

/** A service that calls for itself. */
export type CallingServicePrincipal = ServicePrincipal & { readonly arn: PrincipalArn }

/** Who can sign a request. */
export type CallingPrincipal = RootUser | User | RoleSession | FederatedUser | CallingServicePrincipal

/** Condition keys with one value each; names in lower case. */
export type ContextKeys = readonly (readonly [name: string, value: string])[]

/** Proof that the request was authenticated as the mode demands. Only `authenticate()` makes one. */
export type VerifiedCaller = Brand<
  {
    readonly principal: CallingPrincipal
    /** The caller as events show it. */
    readonly identity: Identity
    /** What the principal itself brings into every decision. */
    readonly keys: ContextKeys
    /** What the caller's temporary credentials say. */
    readonly session?: SessionRecord
    /** The service that calls for the principal, who called it. */
    readonly via?: CallingService
    /** Only in the emulator: nothing in its account is refused to this caller. */
    readonly isUnrestricted?: boolean
    readonly accessKeyId: string
    readonly region: Region
    /** The caller's account in the endpoint's Region: where bare key ids and aliases are looked up. */
    readonly scope: Scope
    readonly sourceIp: string
    readonly userAgent: string
    readonly secure: boolean
  },
  'VerifiedCaller'
>
