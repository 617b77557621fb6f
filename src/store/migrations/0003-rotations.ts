import type { Dialect } from './dialect.ts'

/** When and why material replaced the one before it. Both are null of a key's first material. */
export function rotations({ text, integer }: Dialect): readonly string[] {
  return [
    `alter table key_materials add column rotated_at ${integer}`,
    `alter table key_materials add column rotation_type ${text}`,
  ]
}
