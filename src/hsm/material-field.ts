import type { KeyMaterial, MaterialBinding } from '../domain/key.ts'
import { encodeFields } from './wire.ts'

/** What new material is bound to, in the order of the wire. */
export function bindingFields(binding: Omit<MaterialBinding, 'materialId'>): readonly Buffer[] {
  const { account, region, keyId, keySpec, keyUsage, origin } = binding
  return [account, region, keyId, keySpec, keyUsage, origin].map((text) => Buffer.from(text))
}

/** A key, and one of its materials. */
type Wrapped = { readonly key: Omit<MaterialBinding, 'materialId'>; readonly material: KeyMaterial }
type Encoded = { readonly key: Wrapped['key']; readonly field: Buffer }

/** Encoded once per material and revision of its key: both records live as long as the store's cache holds them. */
const encoded = new WeakMap<KeyMaterial, Encoded>()

/** Wrapped material with what it is bound to: one field of a request. */
export function materialField({ key, material }: Wrapped): Buffer {
  const known = encoded.get(material)
  if (known?.key === key) return known.field
  const field = encodeFields([...bindingFields(key), Buffer.from(material.materialId, 'hex'), material.wrapped])
  encoded.set(material, { key, field })
  return field
}
