import type { Dialect } from './dialect.ts'

/** Public keys stand beside their wrapped private keys. Symmetric material has none, which costs it one byte. */
export function publicKeys({ bytes }: Dialect): readonly string[] {
  return [`alter table key_materials add column public_key ${bytes}`]
}
