import type { Region, Scope } from '../domain/arn.ts'
import type { Brand } from '../domain/brand.ts'
import type { RootUser } from '../policy/types.ts'
import type { Identity } from '../trail/identity.ts'

/** Proof that the request was authenticated as the mode demands. Only `authenticate()` makes one. */
export type VerifiedCaller = Brand<
  {
    /** The account's root user is the one principal that exists so far. */
    readonly principal: RootUser
    /** The caller as events show it. */
    readonly identity: Identity
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
