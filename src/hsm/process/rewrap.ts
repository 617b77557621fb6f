import type { Refusal } from '../wire.ts'
import type { DomainKeys } from './domain-keys.ts'
import { unwrapMaterial } from './material.ts'
import { wrap } from './wrapped.ts'

/**
 * Wraps a multi-Region key's material once more, for a related key. What it is bound to stays: the binding holds no Region,
 * the domain key does.
 *
 * @param field - the material as its own Region has it.
 * @param region - whose domain key wraps it anew.
 * @returns the wrapped material; `needsDomainKey`; `unopenable` and `refused` as for any use of the material.
 */
export function rewrapMaterial(domainKeys: DomainKeys, field: Buffer, region: Buffer): readonly Buffer[] | Refusal {
  const domainKey = domainKeys.forWrapping(region.toString('latin1'), Date.now())
  if (!domainKey) return 'needsDomainKey'
  const unwrapped = unwrapMaterial(domainKeys, field)
  if (typeof unwrapped === 'string') return unwrapped
  const wrapped = wrap(domainKey, unwrapped.binding, unwrapped.bytes)
  unwrapped.bytes.fill(0)
  return [wrapped]
}
