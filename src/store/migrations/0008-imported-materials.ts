import type { Dialect } from './dialect.ts'

/** What is told of imported material, as JSON; null of any other. Material that was destroyed is empty bytes in `wrapped`. */
export function importedMaterials({ text }: Dialect): readonly string[] {
  return [`alter table key_materials add column imported ${text}`]
}
