import type { AccountId, AliasName, KeyId, Region, Scope } from '../../src/domain/arn.ts'
import { keyArn, rootArn } from '../../src/domain/arn.ts'
import type { Grant, GrantId } from '../../src/domain/grant.ts'
import type { Alias, Key, KeyMaterial, KeyMaterialId, WrappedKey } from '../../src/domain/key.ts'
import type { AccessKey, Duty, OutboxEvent } from '../../src/request/ports.ts'

export const parseScopeOf = (account: string, region: string): Scope => ({
  account: account as AccountId,
  region: region as Region,
})
export const HOME = parseScopeOf('111122223333', 'eu-central-1')
export const OTHER_REGION = parseScopeOf('111122223333', 'us-east-1')
export const OTHER_ACCOUNT = parseScopeOf('444455556666', 'eu-central-1')

/** A key id that sorts by `n`. */
export const parseKeyIdOf = (n: number): KeyId =>
  `${n.toString(16).padStart(8, '0')}-1111-4222-8333-444455556666` as KeyId
export const parseMultiRegionIdOf = (n: number): KeyId => `mrk-${n.toString(16).padStart(32, '0')}` as KeyId
export const parseMaterialIdOf = (n: number): KeyMaterialId => n.toString(16).padStart(64, '0') as KeyMaterialId
export const parseAliasNameOf = (name: string): AliasName => `alias/${name}` as AliasName
/** A grant id that sorts by `n`. */
export const parseGrantIdOf = (n: number): GrantId => n.toString(16).padStart(64, '0') as GrantId
const parseWrapped = (bytes: Uint8Array): WrappedKey => bytes as WrappedKey

export function keyOf(keyId: KeyId, over: Partial<Key> = {}, scope: Scope = HOME): Key {
  return {
    ...scope,
    keyId,
    arn: keyArn(scope, keyId),
    revision: 1,
    createdAt: 1_700_000_000_000,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
    multiRegion: false,
    state: { name: 'Enabled' },
    tags: [],
    ...over,
  }
}

export function materialOf(
  key: Key,
  materialId: KeyMaterialId,
  wrapped: Uint8Array = Uint8Array.of(1, 2, 3),
): KeyMaterial {
  const { account, region, keyId } = key
  return { account, region, keyId, materialId, createdAt: 1_700_000_000_001, wrapped: parseWrapped(wrapped) }
}

export function aliasOf(name: string, targetKeyId: KeyId, over: Partial<Alias> = {}, scope: Scope = HOME): Alias {
  return { ...scope, name: parseAliasNameOf(name), targetKeyId, createdAt: 1_000, updatedAt: 1_000, ...over }
}

export const GRANTEE = 'arn:aws:iam::444455556666:role/Worker'

export function grantOf(n: number, keyId: KeyId, over: Partial<Grant> = {}, scope: Scope = HOME): Grant {
  return {
    ...scope,
    keyId,
    grantId: parseGrantIdOf(n),
    createdAt: 1_700_000_000_003,
    granteePrincipal: GRANTEE,
    issuingAccount: scope.account,
    operations: ['Decrypt'],
    ...over,
  }
}

export const dutyOf = (keyId: KeyId, dueAt: number, scope: Scope = HOME): Duty => ({
  scope,
  keyId,
  kind: 'delete-key',
  dueAt,
})

export function accessKeyOf(accessKeyId: string): AccessKey {
  return {
    accessKeyId,
    account: HOME.account,
    principal: rootArn(HOME.account, HOME.region),
    status: 'Active',
    createdAt: 1_700_000_000_002,
    wrappedSecret: parseWrapped(Uint8Array.of(9, 8, 7)),
  }
}

let events = 0
/** A new event each time. */
export function anEvent(): OutboxEvent {
  const eventId = `event-${++events}`
  return { eventId, line: JSON.stringify({ eventID: eventId }) }
}
