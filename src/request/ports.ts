import type { AliasName, KeyId, Region, Scope } from '../domain/arn.ts'
import type { Brand } from '../domain/brand.ts'
import type { CustomKeyStoreId } from '../domain/custody.ts'
import type { ConnectionErrorCode, CustomKeyStore, CustomKeyStoreType } from '../domain/custom-key-store.ts'
import type { ServiceError } from '../domain/error.ts'
import type { Grant, GrantId } from '../domain/grant.ts'
import type { Alias, Key, KeyMaterial, KeyMaterialId, MaterialBinding, WrappedKey } from '../domain/key.ts'
import type { DataKeyPairSpec } from '../domain/key-spec.ts'
import type { KeyUsage } from '../domain/key-usage.ts'
import type { RsaEncryptionAlgorithm } from '../domain/rsa-encryption.ts'
import type { MessageType, SigningAlgorithm } from '../domain/signing-algorithm.ts'
import type { Wrapping } from '../domain/wrapping.ts'
import type { oneAtATime } from '../trail/search.ts'
import type { AlarmChange, AlarmStore } from './alarm-store.ts'
import type { AccessKey, Directory, IamChange } from './iam/directory.ts'
import type { Page } from './page.ts'

export type { AccessKey } from './iam/directory.ts'
export type { Page } from './page.ts'

/** Time as every rule but the signature check sees it. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number
}

/** Identifiers and randomness that are not keys. */
export interface Ids {
  uuid(): string
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string
}

/** A domain key under the root key. Each Region has domain keys of its own. */
export type WrappedDomainKey = {
  /** A Region, or `aws-global` for what no Region owns. */
  readonly region: string
  readonly id: string
  readonly createdAt: number
  readonly wrapped: Uint8Array
}

/** Work that falls due at a time. A key has one duty of a kind at the most. */
export type Duty = {
  readonly scope: Scope
  readonly keyId: KeyId
  readonly kind: 'delete-key' | 'expire-material' | 'rotate-key' | 'synchronize-key' | 'update-primary'
  readonly dueAt: number
}

/**
 * A change of state as data. A change of a key names, in `revision - 1`, the revision it was computed from; when the store
 * holds another, nothing is committed and the call is decided anew.
 */
export type Change =
  /** `keyStore`: the custom key store, as it was, in which the key was made. A conflict when the Region would have more keys than `keysMax`. */
  | {
      readonly kind: 'insert-key'
      readonly key: Key
      readonly material?: KeyMaterial
      readonly keyStore?: CustomKeyStore
      readonly keysMax?: number
    }
  | { readonly kind: 'update-key'; readonly key: Key }
  | { readonly kind: 'delete-key'; readonly key: Key }
  | { readonly kind: 'insert-material'; readonly material: KeyMaterial }
  // These name no revision of their own: they come with an `update-key` of the same key.
  | { readonly kind: 'update-material'; readonly material: KeyMaterial }
  | { readonly kind: 'delete-material'; readonly material: KeyMaterial }
  /** A conflict when the alias's key would have more than `aliasesMax`. */
  | { readonly kind: 'insert-alias'; readonly alias: Alias; readonly aliasesMax?: number }
  | { readonly kind: 'update-alias'; readonly alias: Alias; readonly was: Alias; readonly aliasesMax?: number }
  | { readonly kind: 'delete-alias'; readonly alias: Alias }
  /** A conflict when the key would have more than `grantsMax`, or already has one of the same name that is the same in all else. */
  | { readonly kind: 'insert-grant'; readonly grant: Grant; readonly grantsMax?: number }
  | { readonly kind: 'delete-grant'; readonly grant: Grant }
  | { readonly kind: 'put-duty'; readonly duty: Duty }
  | { readonly kind: 'delete-duty'; readonly duty: Pick<Duty, 'scope' | 'keyId' | 'kind'> }
  /** A conflict when it is there already. Those that are no longer fresh at `now` (real time, milliseconds) go. */
  | {
      readonly kind: 'insert-forwarded'
      readonly digest: Uint8Array
      readonly freshUntil: number
      readonly now: number
    }
  /** `was`: the value that the new one was computed from; absent when there was none. */
  | { readonly kind: 'put-setting'; readonly name: string; readonly value: string; readonly was?: string }
  | IamChange
  | AlarmChange
  /** `among`: all stores of the account and Region as they were, of which none may have changed meanwhile. */
  | {
      readonly kind: 'insert-key-store'
      readonly keyStore: CustomKeyStore
      readonly among: readonly CustomKeyStore[]
    }
  | {
      readonly kind: 'update-key-store'
      readonly keyStore: CustomKeyStore
      readonly among?: readonly CustomKeyStore[]
    }
  /** A conflict while it holds keys. */
  | { readonly kind: 'delete-key-store'; readonly keyStore: CustomKeyStore }

/** How far a count of keys has come. */
export type KeyStatesMark = { readonly scope: number; readonly keyId: Uint8Array }
export type KeyStatesPage = {
  readonly counts: readonly { readonly region: Region; readonly state: string; readonly count: number }[]
  /** Absent at the end. */
  readonly next?: KeyStatesMark
}

/** An event that waits in the store's outbox until the trail holds it. */
export type OutboxEvent = { readonly eventId: string; readonly line: string }

/** Durable state. One contract (test/contract/store.ts), run on every implementation. */
export interface Store extends Directory, AlarmStore, AsyncDisposable {
  findKey(scope: Scope, keyId: KeyId): Promise<Key | undefined>
  findAlias(scope: Scope, name: AliasName): Promise<Alias | undefined>
  /** The material of that id in the Region, whichever account owns it: a ciphertext names nothing else. */
  findMaterial(region: Region, materialId: KeyMaterialId): Promise<KeyMaterial | undefined>
  /** A key's grants for any of these grantees, four of them at the most. */
  findGrants(scope: Scope, keyId: KeyId, grantees: readonly string[]): Promise<readonly Grant[]>
  findGrant(scope: Scope, keyId: KeyId, grantId: GrantId): Promise<Grant | undefined>
  /** The grant of the same key and name that is the same in all but its id and age. */
  findSameGrant(grant: Grant): Promise<Grant | undefined>
  /** In order of key id. */
  listKeys(scope: Scope, page: Page<string>): Promise<readonly Key['keyId'][]>
  /** In order of alias name; of one key when `targetKeyId` is given. */
  listAliases(scope: Scope, page: Page<string> & { readonly targetKeyId?: KeyId }): Promise<readonly Alias[]>
  /** Of one key, oldest first; only those that replaced another when `isRotated`. */
  listMaterials(
    scope: Scope,
    keyId: KeyId,
    page: Page<Pick<KeyMaterial, 'createdAt' | 'materialId'>> & { readonly isRotated?: boolean },
  ): Promise<readonly KeyMaterial[]>
  /** Of one key in order of grant id; of one grantee when `granteePrincipal` is given. */
  listGrants(
    scope: Scope,
    keyId: KeyId,
    page: Page<GrantId> & { readonly granteePrincipal?: string },
  ): Promise<readonly Grant[]>
  /** Of every account's keys in the Region, in order of grant id. */
  listRetirableGrants(region: Region, retiringPrincipal: string, page: Page<GrantId>): Promise<readonly Grant[]>
  countGrants(scope: Scope, keyId: KeyId): Promise<number>
  countKeys(scope: Scope): Promise<number>
  findCustomKeyStore(scope: Scope, id: CustomKeyStoreId): Promise<CustomKeyStore | undefined>
  /** All of the account and Region, CUSTOM_KEY_STORES_MAX at the most, in order of id. */
  listCustomKeyStores(scope: Scope): Promise<readonly CustomKeyStore[]>
  /** In any scope: those that are being connected or disconnected. */
  customKeyStoresUnderWay(): Promise<readonly CustomKeyStore[]>
  /** Keys in a custom key store, in any state; only those of that external key when `xksKeyId` is given. */
  countKeysInStore(scope: Scope, id: CustomKeyStoreId, xksKeyId?: string): Promise<number>
  countAliases(scope: Scope, targetKeyId: KeyId): Promise<number>
  /** Whether the signature of that digest was forwarded, as long as it is fresh. */
  wasForwarded(digest: Uint8Array): Promise<boolean>
  /** Duties due at or before `now`, earliest first. */
  dueDuties(now: number, limit: number): Promise<readonly Duty[]>
  /** The time of the earliest duty. */
  nextDutyAt(): Promise<number | undefined>
  /**
   * All changes and the events, or nothing: durable when it answers `committed`. `conflict`: a row was not as the changes
   * expect (another revision, a name taken or gone), and the caller must decide anew. `KMSInternalException` when the store
   * could not write, `ThrottlingException` when too many commits wait: nothing is kept.
   */
  commit(
    changes: readonly Change[],
    events?: OutboxEvent | readonly OutboxEvent[],
  ): Promise<'committed' | 'conflict' | ServiceError>
  /** Events not yet in the trail, oldest first. */
  outbox(limit: number): Promise<readonly OutboxEvent[]>
  clearOutbox(eventIds: readonly string[]): Promise<void>
  /** The last use of a key that was stored; newer ones may wait. */
  findKeyUsage(scope: Scope, keyId: KeyId): Promise<KeyUsage | undefined>
  /** Stores last uses over those that are there; a key that is gone has none. Takes no commit number. */
  putKeyUsages(usages: readonly KeyUsage[]): Promise<void>
  domainKeys(): Promise<readonly WrappedDomainKey[]>
  insertDomainKey(key: WrappedDomainKey): Promise<void>
  /** Small named values: the format of the store, how the trail was sealed, the account. */
  setting(name: string): Promise<string | undefined>
  putSetting(name: string, value: string): Promise<void>
  /** Commit number of the newest change. */
  epoch(): Promise<number>
  /**
   * Counts stored keys by Region and state, so many at a time in the store's own order. A key that its custom key store makes
   * unavailable counts as what it is else.
   */
  countKeyStates(page: Page<KeyStatesMark>): Promise<KeyStatesPage>
  /** Duties that destroy imported material, earliest first; of one account and Region, or of all. */
  materialExpiries(limit: number, scope?: Scope): Promise<readonly Duty[]>
}

/** Durable record of calls. */
export interface Trail {
  /**
   * @param line - one event as JSON without a line break.
   * @returns when the event is durable; `KMSInternalException` when it cannot be written, and then no answer may say otherwise.
   */
  append(line: string): Promise<ServiceError | undefined>
  /** False once an event could not be written, until one can be. */
  readonly healthy: boolean
}

/** Looks for recorded events, newest first; one call reads a bounded part of them. `ThrottlingException` when too many wait. */
export type TrailSearch = ReturnType<typeof oneAtATime>

/** Keys that AWS manages in the accounts of its services' users. */
export type ManagedKeys = {
  /** The key that an `alias/aws/…` names in that account and Region, made when it is first asked for; nothing for any other name. */
  find(scope: Scope, name: AliasName): Promise<Key | ServiceError | undefined>
  /** Aliases that accounts have before there is a key behind them. */
  listed(): Promise<readonly AliasName[]>
}

/** Last uses of keys. */
export interface LastUses {
  /** Nothing when there was none since they are known. */
  of(key: Key): Promise<KeyUsage | undefined>
  /** Milliseconds since the epoch from which on they are known. */
  readonly since: number
}

/** Proof that `action` on a resource was allowed. Only `authorize()` makes one. */
export type Authorized<Action extends string = string> = Brand<
  { readonly action: Action; readonly resource: string },
  'Authorized'
>

/** What the service does by itself when it falls due, named as in its event; no policy grants or denies it. */
export type OwnAction = 'CreateKey' | 'RotateKey' | 'SynchronizeMultiRegionKey'

/** Proof that a key is in a state and of a usage that the operation may use, with the authorisation it was given. */
export type UsableKey<Action extends string = string> = Brand<
  { readonly proof: Authorized<Action>; readonly key: Key; readonly material: KeyMaterial },
  'UsableKey'
>

export type Encrypted = { readonly ciphertext: Uint8Array }
export type DataKey = { readonly plaintext?: Uint8Array; readonly ciphertext: Uint8Array }
export type NewMaterial = Pick<KeyMaterial, 'materialId' | 'wrapped' | 'publicKey'>
/**
 * How a key encrypts: a symmetric one with the encoded encryption context as additional data, an RSA key with one of its
 * algorithms, which take none.
 */
export type Manner = Uint8Array | RsaEncryptionAlgorithm
/**
 * For whom a secret is sealed instead of being answered in the clear, as CMS EnvelopedData. With one, a call answers
 * `ValidationException` for a document that does not hold, `UnsupportedOperationException` where none can be verified.
 */
export type Recipient = { readonly document: Uint8Array }
/** A message of a length and type that the algorithm signs. */
export type Signable = {
  readonly algorithm: SigningAlgorithm
  readonly messageType: MessageType
  readonly message: Uint8Array
}
export type DataKeyPair = {
  /** DER, PKCS#8 PrivateKeyInfo. */
  readonly privateKey?: Uint8Array
  readonly ciphertext: Uint8Array
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}
/** The public half of a wrapping key pair, with what opens it again: the private half, sealed for one key, for its caller to keep. */
export type ImportParameters = {
  readonly token: Uint8Array
  /** DER, SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}
/** Material as its owner sends it, with the token of the key pair that it is wrapped for. */
export type WrappedImport = { readonly token: Uint8Array; readonly wrapped: Uint8Array }
export type MacAlgorithm = 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512'

/**
 * The key boundary. Every call is one message to the key process and one back; `additionalData` is the encoded encryption
 * context. While the process is being restarted calls answer `KMSInternalException`, which clients retry.
 */
export interface KeyProcess {
  /** New material for a key: random bytes, or a key pair, which may take seconds. The domain key is that of the key's Region. */
  createMaterial(
    proof: Authorized<'kms:CreateKey' | OwnAction>,
    binding: Omit<MaterialBinding, 'materialId'>,
  ): Promise<NewMaterial | ServiceError>
  /** Wraps material that a user of the emulator brings in the clear; refused unless the process was started for it. */
  adoptMaterial(
    proof: Authorized<'kms:CreateKey'>,
    binding: Omit<MaterialBinding, 'materialId'>,
    material: Uint8Array,
  ): Promise<NewMaterial | ServiceError>
  /**
   * Material of a key wrapped for the same key in another Region, under that Region's domain key. It is the same material
   * with the same id.
   */
  rewrapMaterial(
    proof: Authorized<OwnAction>,
    source: { readonly key: Omit<MaterialBinding, 'materialId'>; readonly material: KeyMaterial },
    region: Region,
  ): Promise<WrappedKey | ServiceError>
  /**
   * A wrapping key pair for one key. It takes up to seconds.
   *
   * @param validTo - milliseconds since the epoch after which the token is refused.
   */
  createImportParameters(
    proof: Authorized<'kms:GetParametersForImport'>,
    scope: Pick<Key, 'account' | 'region' | 'keyId'>,
    wanted: Wrapping & { readonly validTo: number },
  ): Promise<ImportParameters | ServiceError>
  /**
   * Unwraps material that its owner brings, and wraps it for the store. The same material of the same key has the same id.
   *
   * @param now - milliseconds since the epoch, against which the token's validity is held.
   * @returns `InvalidImportTokenException` for a token of another key or none; `ExpiredImportTokenException`;
   *   `InvalidCiphertextException` for what does not unwrap; `IncorrectKeyMaterialException` for what is not material of such
   *   a key.
   */
  importMaterial(
    proof: Authorized<'kms:ImportKeyMaterial'>,
    binding: Omit<MaterialBinding, 'materialId'>,
    brought: WrappedImport & { readonly now: number },
  ): Promise<NewMaterial | ServiceError>
  encrypt(key: UsableKey<'kms:Encrypt'>, plaintext: Uint8Array, manner: Manner): Promise<Encrypted | ServiceError>
  /** `InvalidCiphertextException` without a reason when anything about the ciphertext or its context is wrong. */
  decrypt(
    key: UsableKey<'kms:Decrypt'>,
    ciphertext: Uint8Array,
    manner: Manner,
    recipient?: Recipient,
  ): Promise<Uint8Array | ServiceError>
  /** The plaintext never leaves the key process. `ValidationException` when it is too long for an RSA key. */
  reEncrypt(
    source: UsableKey<'kms:ReEncryptFrom'>,
    from: { readonly ciphertext: Uint8Array; readonly manner: Manner },
    destination: UsableKey<'kms:ReEncryptTo'>,
    to: { readonly manner: Manner },
  ): Promise<Encrypted | ServiceError>
  generateDataKey(
    key: UsableKey<'kms:GenerateDataKey' | 'kms:GenerateDataKeyWithoutPlaintext'>,
    wanted: { readonly bytes: number; readonly withPlaintext: boolean },
    additionalData: Uint8Array,
    recipient?: Recipient,
  ): Promise<DataKey | ServiceError>
  generateRandom(
    proof: Authorized<'kms:GenerateRandom'>,
    bytes: number,
    recipient?: Recipient,
  ): Promise<Uint8Array | ServiceError>
  generateMac(
    key: UsableKey<'kms:GenerateMac'>,
    algorithm: MacAlgorithm,
    message: Uint8Array,
  ): Promise<Uint8Array | ServiceError>
  /** `KMSInvalidMacException` when the MAC does not match, compared in constant time. */
  verifyMac(
    key: UsableKey<'kms:VerifyMac'>,
    algorithm: MacAlgorithm,
    message: Uint8Array,
    mac: Uint8Array,
  ): Promise<undefined | ServiceError>
  /** The signature; ECDSA's is DER. */
  sign(key: UsableKey<'kms:Sign'>, signable: Signable): Promise<Uint8Array | ServiceError>
  /** `KMSInvalidSignatureException` when the signature is not of that message. */
  verify(key: UsableKey<'kms:Verify'>, signable: Signable, signature: Uint8Array): Promise<undefined | ServiceError>
  /** The coordinate x. `ValidationException` when `publicKey` (DER, SubjectPublicKeyInfo) is none on the key's curve. */
  deriveSharedSecret(
    key: UsableKey<'kms:DeriveSharedSecret'>,
    publicKey: Uint8Array,
    recipient?: Recipient,
  ): Promise<Uint8Array | ServiceError>
  /** The private key is encrypted like any plaintext; it comes in the clear only when it is wanted. */
  generateDataKeyPair(
    key: UsableKey<'kms:GenerateDataKeyPair' | 'kms:GenerateDataKeyPairWithoutPlaintext'>,
    wanted: { readonly keyPairSpec: DataKeyPairSpec; readonly withPlaintext: boolean },
    additionalData: Uint8Array,
    recipient?: Recipient,
  ): Promise<DataKeyPair | ServiceError>
  /** The public key that the store holds; `KMSInternalException` when it is not that of the private key. */
  publicKey(key: UsableKey<'kms:GetPublicKey'>): Promise<Uint8Array | ServiceError>
  /** A new access key's secret, once in the clear for its owner and wrapped for the store. 40 characters of base64. */
  createSecret(accessKeyId: string): Promise<{ readonly secret: string; readonly wrapped: WrappedKey } | ServiceError>
  /** Wraps the secret that a custom key store is reached with. It is bound to the store; its domain key is the Region's. */
  wrapKeyStoreSecret(
    proof: Authorized<'kms:CreateCustomKeyStore' | 'kms:UpdateCustomKeyStore'>,
    keyStore: Pick<CustomKeyStore, 'account' | 'region' | 'id'>,
    secret: Uint8Array,
  ): Promise<WrappedKey | ServiceError>
  /** The SigV4 signing key of one day, Region and service: all that the API process ever holds of a secret. 32 bytes. */
  deriveSigningKey(
    accessKey: Pick<AccessKey, 'accessKeyId' | 'wrappedSecret'>,
    scope: { readonly date: string; readonly region: string; readonly service: string },
  ): Promise<Uint8Array | ServiceError>
  /** Authenticates the text of a grant token. 32 bytes. */
  signGrantToken(proof: Authorized<'kms:CreateGrant'>, text: string): Promise<Uint8Array | ServiceError>
  /** `InvalidGrantTokenException` when the signature is not of that text, compared in constant time. */
  verifyGrantToken(text: string, signature: Uint8Array): Promise<undefined | ServiceError>
  /**
   * Temporary credentials, of which nothing is kept: the token is the secret and `record`, sealed for that access key id. The
   * secret is 40 characters of base64, once in the clear for its owner.
   */
  createSession(
    accessKeyId: string,
    record: Uint8Array,
  ): Promise<{ readonly secret: string; readonly token: Uint8Array } | ServiceError>
  /** The signing key and the record of a session; `UnrecognizedClientException` for what is no token of that access key id. */
  openSession(
    accessKeyId: string,
    token: Uint8Array,
    scope: { readonly date: string; readonly region: string; readonly service: string },
  ): Promise<{ readonly signingKey: Uint8Array; readonly record: Uint8Array } | ServiceError>
  /** The seed of a new virtual MFA device, once in the clear for its owner (64 characters of base32) and wrapped for the store. */
  createMfaSeed(serialNumber: string): Promise<{ readonly seed: string; readonly wrapped: Uint8Array } | ServiceError>
  /**
   * The step, of `count` from `first` on, at which the device shows `code`; `InvalidAuthenticationCode` when it shows it at
   * none of them.
   */
  verifyMfaCode(
    device: { readonly serialNumber: string; readonly wrappedSeed: Uint8Array },
    code: string,
    steps: { readonly first: number; readonly count: number },
  ): Promise<number | ServiceError>
  /** A new RSA-2048 key pair that signs digest files and nothing else: the private half wrapped, the public half DER, PKCS#1. */
  createDigestKey(): Promise<{ readonly wrapped: WrappedKey; readonly publicKey: Uint8Array } | ServiceError>
  /** RSASSA-PKCS1-v1_5 with SHA-256 over a digest's text, see domain/digest-text.ts; nothing else is signed. */
  signDigest(wrapped: WrappedKey, text: string): Promise<Uint8Array | ServiceError>
  /** Drops destroyed material from the process's memory, by replacing the process. */
  forget(materialIds: readonly KeyMaterialId[]): Promise<void>
}

/**
 * Where the keys of custom key stores live, outside of Trent. Every call settles within a time limit of the backend's own.
 * A store's wrapped secret is for the backend to hand to whoever may open it.
 */
export interface KeyStoreBackend {
  /**
   * Asks outside whether a store can be as it is about to be created or updated; nothing when it can.
   *
   * @param was - the store before its update.
   * @returns an error that CreateCustomKeyStore and UpdateCustomKeyStore answer with.
   */
  check(keyStore: CustomKeyStore, was?: CustomKeyStore): Promise<ServiceError | undefined>
  connect(keyStore: CustomKeyStore): Promise<'connected' | ConnectionErrorCode>
  disconnect(keyStore: CustomKeyStore): Promise<void>
  /** Makes the key in the store, or finds that the external key of `key.custody` can be used. */
  createKey(keyStore: CustomKeyStore, key: Key): Promise<ServiceError | undefined>
  /** `UnsupportedOperationException` where the backend has no such operation. */
  generateRandom(keyStore: CustomKeyStore, bytes: number): Promise<Uint8Array | ServiceError>
}

/** A type of store without a backend can be described and never connected. */
export type KeyStoreBackends = { readonly [Type in CustomKeyStoreType]?: KeyStoreBackend }
