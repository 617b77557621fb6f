import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { MATERIAL_ID_BYTES } from '../../domain/ciphertext-header.ts'
import { KEY_SPECS, type KeySpec, RANDOM_MATERIAL_BYTES, type RandomKeySpec } from '../../domain/key-spec.ts'
import { OPENED_MATERIALS_MAX } from '../../domain/limits.ts'
import { decodeFields, encodeFields, type Refusal } from '../wire.ts'
import { IMPLEMENTATIONS } from './algorithms.ts'
import { derivationInput, deriveKey } from './derive.ts'
import type { DomainKeys } from './domain-keys.ts'
import { type EnvelopeKey, envelopeKey } from './envelope.ts'
import { createLru } from './lru.ts'
import { randomBytes } from './random.ts'
import { unwrap, wrap } from './wrapped.ts'

const BINDING = Buffer.from('trent/v1/key-material')
/** Names the purpose of the key derived from the root key that ids of adopted material are made with. */
const ID_LABEL = 'trent/v1/material-id'
/** Bytes. Source: KMS developer guide, importing HMAC keys: up to 1024 bits. */
const HMAC_MATERIAL_MAX_BYTES = 128

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

/** Key material ready for use. */
export type Material = EnvelopeKey & { readonly keySpec: KeySpec; readonly keyUsage: string }

const bindingOf = (b: Binding) =>
  encodeFields([BINDING, b.account, b.keyId, b.materialId, b.keySpec, b.keyUsage, b.origin])

function parseKeySpec(text: string): KeySpec | undefined {
  return Object.hasOwn(KEY_SPECS, text) ? (text as KeySpec) : undefined
}

function parseRandomKeySpec(text: string): RandomKeySpec | undefined {
  return Object.hasOwn(RANDOM_MATERIAL_BYTES, text) ? (text as RandomKeySpec) : undefined
}

/** Makes the id of adopted material from the material and its key. */
export type MaterialIds = (keyId: Buffer, bytes: Buffer) => Buffer

/**
 * Ids under which material that is brought again is known again, in every Region. Keyed, because a bare hash would let a
 * reader of ids try guesses at the material.
 */
export function createMaterialIds(rootKey: KeyObject): MaterialIds {
  const bytes = deriveKey(rootKey, derivationInput(ID_LABEL, Buffer.alloc(0)))
  const idKey = createSecretKey(bytes)
  bytes.fill(0)
  return (keyId, material) =>
    createHmac('sha256', idKey)
      .update(encodeFields([Buffer.from(ID_LABEL), keyId, material]))
      .digest()
}

type Unnamed = Omit<Binding, 'materialId'>

/** What new material will be bound to, when it is of a kind that can be made; else nothing. */
function readUnnamed(fields: readonly Buffer[]): (Unnamed & { readonly spec: RandomKeySpec }) | undefined {
  const [account, region, keyId, keySpec, keyUsage, origin] = fields
  if (!account || !region || !keyId || !keySpec || !keyUsage || !origin) return undefined
  const spec = parseRandomKeySpec(keySpec.toString('latin1'))
  if (!spec || IMPLEMENTATIONS[spec].usage !== keyUsage.toString('latin1')) return undefined
  return { account, region, keyId, keySpec, keyUsage, origin, spec }
}

function wrapMaterial(domainKeys: DomainKeys, binding: Binding, bytes: Buffer): readonly Buffer[] | Refusal {
  const domainKey = domainKeys.forWrapping(binding.region.toString('latin1'), Date.now())
  if (!domainKey) return 'needsDomainKey'
  return [binding.materialId, wrap(domainKey, bindingOf(binding), bytes)]
}

/**
 * Makes random material for a key and wraps it. Its id is random too: it tells nothing about the material.
 *
 * @param fields - account, region, key id, key spec, key usage, origin.
 * @returns material id (32 bytes) and wrapped material; `needsDomainKey`; `refused` for a spec or usage it cannot make.
 */
export function createMaterial(domainKeys: DomainKeys, fields: readonly Buffer[]): readonly Buffer[] | Refusal {
  const unnamed = readUnnamed(fields)
  if (!unnamed) return 'refused'
  const bytes = randomBytes(RANDOM_MATERIAL_BYTES[unnamed.spec])
  const made = wrapMaterial(domainKeys, { ...unnamed, materialId: randomBytes(MATERIAL_ID_BYTES) }, bytes)
  bytes.fill(0)
  return made
}

function fits(spec: RandomKeySpec, { length }: Buffer): boolean {
  if (spec === 'SYMMETRIC_DEFAULT') return length === RANDOM_MATERIAL_BYTES[spec]
  return length >= RANDOM_MATERIAL_BYTES[spec] && length <= HMAC_MATERIAL_MAX_BYTES
}

/**
 * Wraps material that was brought in the clear.
 *
 * @param fields - as for `createMaterial`, then the material.
 * @returns as `createMaterial`; `refused` also for material of a length that the spec does not have.
 */
export function adoptMaterial(
  domainKeys: DomainKeys,
  idOf: MaterialIds,
  fields: readonly Buffer[],
): readonly Buffer[] | Refusal {
  const unnamed = readUnnamed(fields)
  const bytes = fields[6]
  if (!unnamed || !bytes || !fits(unnamed.spec, bytes)) return 'refused'
  return wrapMaterial(domainKeys, { ...unnamed, materialId: idOf(unnamed.keyId, bytes) }, bytes)
}

function openKey(domainKeys: DomainKeys, binding: Binding, wrapped: Buffer): KeyObject | Refusal {
  const from = { domain: binding.region.toString('latin1'), binding: bindingOf(binding) }
  const bytes = unwrap(domainKeys, from, wrapped)
  if (typeof bytes === 'string') return bytes
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

/** @param field - account, region, key id, key spec, key usage, origin, material id, wrapped material: fields of their own. */
function openMaterial(domainKeys: DomainKeys, field: Buffer): Material | Refusal {
  const [account, region, keyId, keySpec, keyUsage, origin, materialId, wrapped] = decodeFields(field) ?? []
  if (!account || !region || !keyId || !keySpec || !keyUsage || !origin || !materialId || !wrapped) return 'refused'
  const spec = parseKeySpec(keySpec.toString('latin1'))
  if (!spec || materialId.length !== MATERIAL_ID_BYTES) return 'refused'
  const key = openKey(domainKeys, { account, region, keyId, keySpec, keyUsage, origin, materialId }, wrapped)
  if (typeof key === 'string') return key
  return { ...envelopeKey(key, keyId, materialId), keySpec: spec, keyUsage: keyUsage.toString('latin1') }
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
