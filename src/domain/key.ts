import type { AccountId, AliasName, KeyArn, KeyId, Region } from './arn.ts'
import type { Brand } from './brand.ts'
import type { Custody } from './custody.ts'
import type { PrincipalBinding } from './iam.ts'
import type { KeyOrigin, KeySpec, KeyUsage } from './key-spec.ts'

/** Key material under a domain key; only the key process opens it. Layout: docs/formats.md. */
export type WrappedKey = Brand<Uint8Array, 'WrappedKey'>
/** 64 lower-case hex digits. Source: KeyMaterialId of the service model. */
export type KeyMaterialId = Brand<string, 'KeyMaterialId'>

/** States as a union of records, so that an impossible one cannot be written. Dates are milliseconds since the epoch, UTC. */
export type KeyState =
  | { readonly name: 'Enabled' }
  | { readonly name: 'Disabled' }
  | { readonly name: 'PendingDeletion'; readonly deletionDate: number }
  | { readonly name: 'PendingReplicaDeletion'; readonly pendingWindowDays: number }
  | { readonly name: 'PendingImport' }
  /** Seen, never stored: what the key is again once its custom key store is connected. */
  | { readonly name: 'Unavailable'; readonly otherwise?: 'Enabled' | 'Disabled' }
  | { readonly name: 'Creating' }
  /** On the old primary and the new one: where the primary will be. */
  | { readonly name: 'Updating'; readonly primaryRegion: Region }

export type KeyStateName = KeyState['name']

export type Tag = { readonly TagKey: string; readonly TagValue: string }

/** Why material replaced the one before it. Source: RotationType of the service model. */
export type RotationType = 'AUTOMATIC' | 'ON_DEMAND'

/** When, in milliseconds since the epoch, and why material became a key's current one. */
export type MaterialRotation = { readonly date: number; readonly type: RotationType }

/** When a key rotates by itself. Times are milliseconds since the epoch. */
export type Schedule = {
  readonly periodDays: number
  /** Dates are counted from here. */
  readonly enabledAt: number
  readonly nextRotationAt: number
}

/** How a key's material is renewed. Whether the key's state lets it rotate now is for `rotationDueAt` to say. */
export type Rotation = {
  /** Absent while automatic rotation is off. */
  readonly schedule?: Schedule
  /** Rotations on demand that were begun. */
  readonly onDemandCount: number
  /** Milliseconds since the epoch; only while a rotation on demand is under way. */
  readonly onDemandStartedAt?: number
}

/** Where the keys are that share one key id, material and rotation. Every one of them holds the same record of it. */
export type RelatedKeys = {
  readonly primary: Region
  /** In the order in which they became replicas. */
  readonly replicas: readonly Region[]
}

/** What a key is without that its materials, which are imported, be read. */
export type ImportedKey = {
  /** Whether every material that the key is bound to is here; without one of them the key cannot be used at all. */
  readonly isComplete: boolean
  /** When the first of the materials that the key is bound to is destroyed, in milliseconds since the epoch. */
  readonly validTo?: number
  /** New material that waits to become the current one. */
  readonly pendingMaterialId?: KeyMaterialId
}

/** One KMS key: everything about it but its material and its aliases. */
export type Key = {
  readonly account: AccountId
  readonly region: Region
  readonly keyId: KeyId
  readonly arn: KeyArn
  /** Grows by one with every change; a change names the revision that it was computed from. */
  readonly revision: number
  /** Milliseconds since the epoch, UTC. */
  readonly createdAt: number
  readonly description: string
  readonly keySpec: KeySpec
  readonly keyUsage: KeyUsage
  readonly origin: KeyOrigin
  readonly manager: 'CUSTOMER' | 'AWS'
  readonly multiRegion: boolean
  /** Of multi-Region keys, and always there. */
  readonly related?: RelatedKeys
  readonly state: KeyState
  /** JSON as it was put; the default key policy when absent. */
  readonly policy?: string
  /** Whom the users and roles that the policy names were when it was put. */
  readonly policyPrincipals?: readonly PrincipalBinding[]
  /** Sorted by TagKey. */
  readonly tags: readonly Tag[]
  readonly currentMaterialId?: KeyMaterialId
  /** Absent from a key that was never to rotate. */
  readonly rotation?: Rotation
  /** Only of keys in a custom key store. */
  readonly custody?: Custody
  /** Absent until the first import. */
  readonly imported?: ImportedKey
}

/** What is told of material that was imported. */
export type ImportedMaterial = {
  readonly description?: string
  /** When it is destroyed, in milliseconds since the epoch; absent when it does not expire, and from what is not here. */
  readonly validTo?: number
  /** What new material waits for; the key is bound for ever to any other. */
  readonly awaits?: 'ROTATION'
}

/** One version of a key's material. */
export type KeyMaterial = {
  readonly account: AccountId
  readonly region: Region
  readonly keyId: KeyId
  readonly materialId: KeyMaterialId
  readonly createdAt: number
  /** Empty once the material was destroyed, which happens to imported material: what is told of it stays. */
  readonly wrapped: WrappedKey
  /** DER, SubjectPublicKeyInfo; of key pairs only. */
  readonly publicKey?: Uint8Array
  /** How it became a key's current material; absent from the first. */
  readonly rotation?: MaterialRotation
  /** Of imported material only. */
  readonly imported?: ImportedMaterial
}

export type Alias = {
  readonly account: AccountId
  readonly region: Region
  readonly name: AliasName
  readonly targetKeyId: KeyId
  readonly createdAt: number
  readonly updatedAt: number
}

/** What key material is bound to: a wrapped key opens only with the same binding. */
export type MaterialBinding = Pick<Key, 'account' | 'region' | 'keyId' | 'keySpec' | 'keyUsage' | 'origin'> & {
  readonly materialId: KeyMaterialId
}
