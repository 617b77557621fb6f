import { ACCESS_MUTANTS } from './access.ts'
import { LANGUAGE_MUTANTS } from './language.ts'
import type { Mutant } from './mutant.ts'

/** All mistakes that the tests of the policy engine must notice. */
export const MUTANTS: readonly Mutant[] = [...ACCESS_MUTANTS, ...LANGUAGE_MUTANTS]
