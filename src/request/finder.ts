import { isReservedAlias } from '../domain/alias.ts'
import { type AliasName, aliasArn, type KeyId, keyArn, type Region, type Scope } from '../domain/arn.ts'
import { seenThrough } from '../domain/custom-key-store.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Grant, GrantId } from '../domain/grant.ts'
import type { Alias, Key, KeyMaterial, KeyMaterialId } from '../domain/key.ts'
import { type KeyReference, parseKeyReference } from '../domain/key-id.ts'
import type { VerifiedCaller } from './caller.ts'
import { grantOfToken, type TokenParts } from './grant-token.ts'
import type { Directory } from './iam/directory.ts'
import type { Mfa } from './iam/mfa.ts'
import type { Iam } from './iam/parts.ts'
import { refuseMissingKey } from './missing-key.ts'
import type { ManagedKeys, Store } from './ports.ts'
import type { KeyTarget } from './targets.ts'

/** `refused`: the operation takes key ids and key ARNs only. */
export type AliasRule = 'accepted' | 'refused'

/** Finds the keys that a request names, with AWS's answer when there is none. */
export type Finder = {
  readonly caller: VerifiedCaller
  readonly scope: Scope
  /** Principals and policies of IAM. */
  readonly directory: Directory
  key<A extends string>(action: A, named: string, aliases: AliasRule): Promise<KeyTarget<A> | ServiceError>
  /** Also loads the material that encrypts now. */
  keyToUse<A extends string>(action: A, named: string): Promise<KeyTarget<A> | ServiceError>
  /** The key that shares the id of `key` in another Region. */
  related<A extends string>(action: A, key: Key, region: Region): Promise<KeyTarget<A> | undefined>
  material(materialId: KeyMaterialId): Promise<KeyMaterial | undefined>
  keyOf(owned: Scope & Pick<Key, 'keyId'>): Promise<Key | undefined>
  alias(name: AliasName): Promise<Alias | ServiceError>
  grant(key: Key, grantId: GrantId): Promise<Grant | undefined>
  /** The grant that a token names; the errors are those of `grantOfToken`. */
  grantOfToken(token: string): Promise<Grant | ServiceError>
  /** The code of the caller's MFA device that came with the request. */
  readonly proveWebIdentity: Iam['proveWebIdentity']
  readonly mfa: (given: Parameters<Mfa['check']>[1]) => ReturnType<Mfa['check']>
}

export type FinderParts = TokenParts & {
  readonly iam: Pick<Iam, 'mfa' | 'proveWebIdentity'>
  readonly managedKeys: ManagedKeys
}

export function finderFor(parts: FinderParts, caller: VerifiedCaller): Finder {
  const { store } = parts
  const { scope } = caller
  return {
    caller,
    scope,
    directory: parts.store,
    proveWebIdentity: parts.iam.proveWebIdentity,
    mfa: (given) => parts.iam.mfa.check(caller, given),
    key: (action, named, aliases) => findTarget(parts, caller, { action, named, aliases }),
    async keyToUse(action, named) {
      const target = await findTarget(parts, caller, { action, named, aliases: 'accepted' })
      if (isError(target) || target.key.currentMaterialId === undefined) return target
      const material = await store.findMaterial(target.key.region, target.key.currentMaterialId)
      return material ? { ...target, material } : target
    },
    async related(action, { account, keyId }, region) {
      const key = await store.findKey({ account, region }, keyId)
      return key && { kind: 'key', action, key }
    },
    material: (materialId) => store.findMaterial(scope.region, materialId),
    keyOf: (owned) => findKey(store, owned, owned.keyId),
    async alias(name) {
      const alias = await store.findAlias(scope, name)
      return alias ?? aliasNotFound(scope, name)
    },
    grant: (key, grantId) => store.findGrant(key, key.keyId, grantId),
    grantOfToken: (token) => grantOfToken(parts, scope.region, token),
  }
}

type Wanted<A> = { readonly action: A; readonly named: string; readonly aliases: AliasRule }

async function findTarget<A extends string>(
  { store, clock, managedKeys }: FinderParts,
  caller: VerifiedCaller,
  wanted: Wanted<A>,
): Promise<KeyTarget<A> | ServiceError> {
  const reference = parseKeyReference(wanted.named, caller.scope)
  if (isError(reference)) return reference
  if (reference.kind === 'alias' && wanted.aliases === 'refused')
    return error('InvalidArnException', 'Key Aliases are not supported for this operation.')
  const found = await referencedKey(store, reference)
  const key = isError(found) ? ((await keyToMake(managedKeys, caller, reference)) ?? found) : found
  if (isError(key))
    return reference.scope.account === caller.scope.account
      ? key
      : refuseMissingKey(clock, caller, wanted.action, reference)
  return {
    kind: 'key',
    action: wanted.action,
    key,
    ...(reference.kind === 'alias' ? { requestAlias: reference.aliasName } : {}),
  }
}

async function referencedKey(store: Store, reference: KeyReference): Promise<Key | ServiceError> {
  const alias = reference.kind === 'alias' ? await store.findAlias(reference.scope, reference.aliasName) : undefined
  if (reference.kind === 'alias' && !alias) return aliasNotFound(reference.scope, reference.aliasName)
  const keyId = reference.kind === 'key' ? reference.keyId : alias?.targetKeyId
  const key = keyId && (await findKey(store, reference.scope, keyId))
  return key ?? error('NotFoundException', `Key '${keyId && keyArn(reference.scope, keyId)}' does not exist`)
}

/** A key that AWS manages is there for whoever of its account names it; nobody else makes it be there. */
async function keyToMake(
  managedKeys: ManagedKeys,
  { scope, principal }: VerifiedCaller,
  reference: KeyReference,
): Promise<Key | ServiceError | undefined> {
  const isOwn = reference.scope.account === scope.account && principal.type !== 'service'
  return isOwn && reference.kind === 'alias' && isReservedAlias(reference.aliasName)
    ? managedKeys.find(reference.scope, reference.aliasName)
    : undefined
}

/** A key in a custom key store is in the state that its store leaves it. */
function findKey(store: Store, scope: Scope, keyId: KeyId): Promise<Key | undefined> {
  return store.findKey(scope, keyId).then((key) => (key?.custody === undefined ? key : seen(store, key, key.custody)))
}

async function seen(store: Store, key: Key, { keyStoreId }: NonNullable<Key['custody']>): Promise<Key> {
  return seenThrough(await store.findCustomKeyStore(key, keyStoreId), key)
}

export function aliasNotFound(scope: Scope, name: AliasName): ServiceError {
  return error('NotFoundException', `Alias ${aliasArn(scope, name)} is not found.`)
}
