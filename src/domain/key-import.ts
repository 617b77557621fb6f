import { error, type ServiceError } from './error.ts'
import type { ImportedKey, Key, KeyMaterial, KeyState } from './key.ts'
import { isKeyPairSpec, type KeySpec } from './key-spec.ts'
import { refuseState, type StateRule } from './key-state.ts'

/** Whether keys of `keySpec` can be made for imported material. Source: KMS developer guide, no ML-DSA. */
export function isImportable(keySpec: KeySpec): boolean {
  return !isKeyPairSpec(keySpec) || !keySpec.startsWith('ML_DSA_')
}

/**
 * Whether the key takes imported material at all, and then whether it does in its state. The origin is reported first.
 * Source: key-state table of the KMS developer guide; text from recorded answers.
 */
export function refuseImport(rule: StateRule, key: Key): ServiceError | undefined {
  if (key.origin === 'EXTERNAL') return refuseState(rule, key)
  return error(
    'UnsupportedOperationException',
    `${key.arn} origin is ${key.origin} which is not valid for this operation.`,
  )
}

/** Whether the material itself is here. */
export function isPresent({ wrapped }: Pick<KeyMaterial, 'wrapped'>): boolean {
  return wrapped.length > 0
}

/** Whether the key is bound to the material for ever: what it encrypted needs it. */
export function isBound({ imported }: Pick<KeyMaterial, 'imported'>): boolean {
  return imported?.awaits === undefined
}

/** When the first material is to be destroyed; nothing while none of them expires. */
export function firstExpiry(materials: readonly KeyMaterial[]): number | undefined {
  const dates = materials.flatMap(({ imported }) => imported?.validTo ?? [])
  return dates.length === 0 ? undefined : Math.min(...dates)
}

/** What the key is told to be of all of its materials; nothing for none. */
export function importedKey(materials: readonly KeyMaterial[]): ImportedKey | undefined {
  if (materials.length === 0) return undefined
  const bound = materials.filter(isBound)
  const pending = materials.find((material) => !isBound(material))
  const validTo = firstExpiry(bound)
  return {
    isComplete: bound.length > 0 && bound.every(isPresent),
    ...(validTo === undefined ? {} : { validTo }),
    ...(pending ? { pendingMaterialId: pending.materialId } : {}),
  }
}

/** Whether the key has all material that it needs. Material that is made here is never missing. */
export function hasMaterial({ origin, imported }: Pick<Key, 'origin' | 'imported'>): boolean {
  return origin !== 'EXTERNAL' || imported?.isComplete === true
}

/**
 * The state of a key whose materials have changed: a key that waited for material is enabled with the last of it, and one
 * that lost some waits for it. A key on its way out stays so.
 *
 * Source: KMS developer guide, key states.
 */
export function stateWithMaterial(state: KeyState, isComplete: boolean): KeyState {
  if (state.name === 'PendingImport') return isComplete ? { name: 'Enabled' } : state
  const canWait = state.name === 'Enabled' || state.name === 'Disabled'
  return canWait && !isComplete ? { name: 'PendingImport' } : state
}
