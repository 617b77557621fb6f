import type { KeyPairSpec } from '../../domain/key-spec.ts'
import type { Boundary } from './boundary.ts'
import { familyOf } from './families.ts'

/** Does `work` with a key pair when its turn among the slow ones comes, once the algorithms of its family are proven. */
export function beside<T>(
  { lane, isProven }: Boundary,
  keySpec: KeyPairSpec,
  work: () => T | Promise<T>,
): Promise<T | 'overloaded' | 'unproven'> {
  return lane.run(async () => ((await isProven(familyOf(keySpec))) ? work() : 'unproven'))
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
