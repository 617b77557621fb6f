import type { KeyPairSpec } from '../../domain/key-spec.ts'
import type { Boundary } from './boundary.ts'
import { familyOf } from './families.ts'

/** Does `work` with a key pair when its turn among the slow ones comes, once the algorithms of its family are proven. */
export function beside<T>(
  boundary: Boundary,
  keySpec: KeyPairSpec,
  work: () => T | Promise<T>,
): Promise<T | 'overloaded' | 'unproven'> {
  return boundary.lane.run(() => atOnce(boundary, keySpec, work))
}

/** Does `work` with a key pair at once: for algorithms that take less time than the way to the others. */
export function atOnce<T>(
  { isProven }: Boundary,
  keySpec: KeyPairSpec,
  work: () => T | Promise<T>,
): T | Promise<T | 'unproven'> {
  const proven = isProven(familyOf(keySpec))
  return proven === true ? work() : Promise.resolve(proven).then((passed) => (passed ? work() : 'unproven'))
}
