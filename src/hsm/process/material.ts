import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { MATERIAL_ID_BYTES } from '../../domain/ciphertext-header.ts'
import {
  isKeyPairSpec,
  isRandomKeySpec,
  KEY_SPECS,
  type KeyPairSpec,
  type KeySpec,
  type KeyUsage,
  RANDOM_MATERIAL_BYTES,
  type RandomKeySpec,
} from '../../domain/key-spec.ts'
import { HMAC_MATERIAL_MAX_BYTES, OPENED_MATERIALS_MAX } from '../../domain/limits.ts'
import { decodeFields, encodeFields, type Refusal } from '../wire.ts'
import { derivationInput, deriveKey } from './derive.ts'
import type { DomainKey, DomainKeys } from './domain-keys.ts'
import { type EnvelopeKey, envelopeKey } from './envelope.ts'
import { type KeyPair, openKeyPair, privateKeyBytes } from './key-pair.ts'
import { createLru } from './lru.ts'
import { randomBytes } from './random.ts'
import { unwrap, wrap } from './wrapped.ts'

const BINDING = Buffer.from('trent/v1/key-material')
/** Names the purpose of the key derived from the root key that ids of brought material are made with. */
const ID_LABEL = 'trent/v1/material-id'

/** What material is bound to, as it arrives: text but for the 32 bytes of material id. */
type Binding = {
  readonly account: Buffer
  readonly region: Buffer
  readonly keyId: Buffer
  readonly keySpec: Buffer
  readonly keyUsage: Buffer
  readonly origin: Buffer
  readonly materialId: Buffer
}

/** Random bytes ready for use as a key. */
export type SecretMaterial = EnvelopeKey & { readonly keySpec: RandomKeySpec; readonly keyUsage: KeyUsage }
/** A key pair ready for use. */
export type KeyPairMaterial = KeyPair & { readonly keySpec: KeyPairSpec; readonly keyUsage: KeyUsage }
/** Key material ready for use. */
export type Material = SecretMaterial | KeyPairMaterial

export function isKeyPair(material: Material): material is KeyPairMaterial {
  return 'privateKey' in material
}

const bindingOf = (b: Binding) =>
  encodeFields([BINDING, b.account, b.keyId, b.materialId, b.keySpec, b.keyUsage, b.origin])

function parseKeySpec(text: string): KeySpec | undefined {
  return Object.hasOwn(KEY_SPECS, text) ? (text as KeySpec) : undefined
}

function parseKeyUsage(keySpec: KeySpec, text: string): KeyUsage | undefined {
  return Object.hasOwn(KEY_SPECS[keySpec], text) ? (text as KeyUsage) : undefined
}

/** Makes the id of brought material from the material and its key. */
export type MaterialIds = (account: Buffer, keyId: Buffer, bytes: Buffer) => Buffer

/**
 * Ids under which material that is brought again is known again, in every Region. Keyed, because a bare hash would let a
 * reader of ids try guesses at the material.
 */
export function createMaterialIds(rootKey: KeyObject): MaterialIds {
  const bytes = deriveKey(rootKey, derivationInput(ID_LABEL, Buffer.alloc(0)))
  const idKey = createSecretKey(bytes)
  bytes.fill(0)
  return (account, keyId, material) =>
    createHmac('sha256', idKey)
      .update(encodeFields([Buffer.from(ID_LABEL), account, keyId, material]))
      .digest()
}

type Unnamed = Omit<Binding, 'materialId'>
type Kind = { readonly spec: KeySpec; readonly usage: KeyUsage }

/** What material of the fields is of; nothing for a usage that its spec does not have. */
function kindOf(keySpec: Buffer, keyUsage: Buffer): Kind | undefined {
  const spec = parseKeySpec(keySpec.toString('latin1'))
  const usage = spec && parseKeyUsage(spec, keyUsage.toString('latin1'))
  return spec && usage && { spec, usage }
}

/** What new material will be bound to, copied: key pairs are made after the request's bytes are gone. */
export function readUnnamed(fields: readonly Buffer[]): (Unnamed & Kind) | undefined {
  const [account, region, keyId, keySpec, keyUsage, origin] = fields.map((field) => Buffer.from(field))
  if (!account || !region || !keyId || !keySpec || !keyUsage || !origin) return undefined
  const kind = kindOf(keySpec, keyUsage)
  return kind && { account, region, keyId, keySpec, keyUsage, origin, ...kind }
}

export function wrapMaterial(domainKey: DomainKey, binding: Binding, bytes: Buffer): readonly Buffer[] {
  const wrapped = wrap(domainKey, bindingOf(binding), bytes)
  bytes.fill(0)
  return [binding.materialId, wrapped]
}

/** Makes new key pairs, one after the other. */
export type NewKeyPair = (keySpec: KeyPairSpec) => Promise<KeyPair | 'overloaded'>

/**
 * Makes material for a key and wraps it. Its id is random: it tells nothing about the material.
 *
 * @param fields - account, region, key id, key spec, key usage, origin.
 * @returns material id (32 bytes), wrapped material and, of a key pair, the public key (DER, SubjectPublicKeyInfo);
 *   `needsDomainKey`; `overloaded`; `refused` for a spec or usage it cannot make.
 */
export function createMaterial(
  domainKeys: DomainKeys,
  newPair: NewKeyPair,
  fields: readonly Buffer[],
): readonly Buffer[] | Refusal | Promise<readonly Buffer[] | Refusal> {
  const unnamed = readUnnamed(fields)
  if (!unnamed) return 'refused'
  const { spec } = unnamed
  // Before a key pair is made, which may take seconds, and not after.
  const domainKey = domainKeys.forWrapping(unnamed.region.toString('latin1'), Date.now())
  if (!domainKey) return 'needsDomainKey'
  const binding = { ...unnamed, materialId: randomBytes(MATERIAL_ID_BYTES) }
  if (isRandomKeySpec(spec)) return wrapMaterial(domainKey, binding, randomBytes(RANDOM_MATERIAL_BYTES[spec]))
  if (!isKeyPairSpec(spec)) return 'refused'
  return newPair(spec).then((pair) =>
    pair === 'overloaded' ? pair : [...wrapMaterial(domainKey, binding, privateKeyBytes(pair)), pair.spki],
  )
}

/** Whether bytes that are brought are as long as such a key's may be. */
export function fits(spec: RandomKeySpec, { length }: Buffer): boolean {
  if (spec === 'SYMMETRIC_DEFAULT') return length === RANDOM_MATERIAL_BYTES[spec]
  return length >= RANDOM_MATERIAL_BYTES[spec] && length <= HMAC_MATERIAL_MAX_BYTES
}

/** The bytes that are wrapped, and the public key of a key pair; nothing for bytes that are no material of that spec. */
function readMaterial(
  spec: KeySpec,
  given: Buffer,
): { readonly bytes: Buffer; readonly publicKey: readonly Buffer[] } | undefined {
  if (isRandomKeySpec(spec)) return fits(spec, given) ? { bytes: Buffer.from(given), publicKey: [] } : undefined
  const pair = isKeyPairSpec(spec) ? openKeyPair(spec, given) : undefined
  return pair && { bytes: privateKeyBytes(pair), publicKey: [pair.spki] }
}

/**
 * Wraps material that was brought in the clear.
 *
 * @param fields - as for `createMaterial`, then the material: of a key pair the private key as DER, PKCS#8.
 * @returns as `createMaterial`; `refused` also for bytes that are no material of that spec, `invalidMaterial`
 *   when they are no private key of it.
 */
export function adoptMaterial(
  domainKeys: DomainKeys,
  idOf: MaterialIds,
  fields: readonly Buffer[],
): readonly Buffer[] | Refusal {
  const unnamed = readUnnamed(fields)
  const given = fields[6]
  const material = unnamed && given && readMaterial(unnamed.spec, given)
  if (!material) return unnamed && isKeyPairSpec(unnamed.spec) ? 'invalidMaterial' : 'refused'
  const domainKey = domainKeys.forWrapping(unnamed.region.toString('latin1'), Date.now())
  if (!domainKey) return 'needsDomainKey'
  const { bytes, publicKey } = material
  return [
    ...wrapMaterial(domainKey, { ...unnamed, materialId: idOf(unnamed.account, unnamed.keyId, bytes) }, bytes),
    ...publicKey,
  ]
}

type Unwrapped = {
  readonly kind: Kind
  readonly keyId: Buffer
  readonly materialId: Buffer
  /** What the bytes are bound to, wherever they are wrapped. */
  readonly binding: Buffer
  /** To be wiped by the caller. */
  readonly bytes: Buffer
}

/** @param field - account, region, key id, key spec, key usage, origin, material id, wrapped material: fields of their own. */
export function unwrapMaterial(domainKeys: DomainKeys, field: Buffer): Unwrapped | Refusal {
  const [account, region, keyId, keySpec, keyUsage, origin, materialId, wrapped] = decodeFields(field) ?? []
  if (!account || !region || !keyId || !keySpec || !keyUsage || !origin || !materialId || !wrapped) return 'refused'
  const kind = kindOf(keySpec, keyUsage)
  if (!kind || materialId.length !== MATERIAL_ID_BYTES) return 'refused'
  const binding = bindingOf({ account, region, keyId, keySpec, keyUsage, origin, materialId })
  const bytes = unwrap(domainKeys, { domain: region.toString('latin1'), binding }, wrapped)
  return typeof bytes === 'string' ? bytes : { kind, keyId, materialId, binding, bytes }
}

function openMaterial(domainKeys: DomainKeys, field: Buffer): Material | Refusal {
  const unwrapped = unwrapMaterial(domainKeys, field)
  if (typeof unwrapped === 'string') return unwrapped
  const { kind, bytes } = unwrapped
  const material = materialOf(kind, bytes, unwrapped)
  bytes.fill(0)
  return material
}

function materialOf(
  { spec, usage }: Kind,
  bytes: Buffer,
  { keyId, materialId }: Pick<Binding, 'keyId' | 'materialId'>,
): Material | Refusal {
  if (isRandomKeySpec(spec))
    return { ...envelopeKey(createSecretKey(bytes), keyId, materialId), keySpec: spec, keyUsage: usage }
  const pair = isKeyPairSpec(spec) ? openKeyPair(spec, bytes) : undefined
  return pair && isKeyPairSpec(spec) ? { ...pair, keySpec: spec, keyUsage: usage } : 'unopenable'
}

/**
 * Opens wrapped material, or finds it opened. Opened material is found again by every byte of the field that opened it, so
 * one that is bound to something else, or damaged, is never found in its place.
 */
export function createMaterials(domainKeys: DomainKeys): (field: Buffer) => Material | Refusal {
  const opened = createLru<Material>(OPENED_MATERIALS_MAX)
  return (field) => {
    const name = field.toString('latin1')
    const known = opened.get(name)
    if (known) return known
    const material = openMaterial(domainKeys, field)
    if (typeof material !== 'string') opened.set(name, material)
    return material
  }
}
