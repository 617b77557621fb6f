import { error, type ServiceError } from '../../domain/error.ts'
import type { Key } from '../../domain/key.ts'
import type { StructureOf } from '../../protocol/shape.ts'
import type { Outcome } from '../../request/operation.ts'
import type { CustomKey } from './custom-key.ts'
import { keyMetadata } from './key-metadata.ts'
import type { KeyMetadata } from './shapes.ts'

type Made = Outcome<StructureOf<{ readonly KeyMetadata: typeof KeyMetadata }>>

/**
 * A new key whose material its owner is to bring.
 *
 * @param key - without material.
 */
export function madeToImport(
  { key: fresh, keysMax }: { readonly key: Key; readonly keysMax: number },
  { material }: CustomKey,
): Made | ServiceError {
  if (material)
    return error('ValidationException', 'Key material of a key of origin EXTERNAL comes by ImportKeyMaterial alone.')
  const key: Key = { ...fresh, state: { name: 'PendingImport' } }
  return {
    output: { KeyMetadata: keyMetadata(key) },
    changes: [{ kind: 'insert-key', key, keysMax }],
  }
}
