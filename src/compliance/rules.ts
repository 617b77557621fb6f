import { IAM_RULES } from './iam-rules.ts'
import { KEY_RULES } from './key-rules.ts'
import type { ManagedRule } from './rule.ts'

/** Every rule that can be judged, in order of identifier. */
export const MANAGED_RULES: readonly ManagedRule[] = [...KEY_RULES, ...IAM_RULES].sort((one, other) =>
  one.identifier < other.identifier ? -1 : 1,
)

const BY_IDENTIFIER: ReadonlyMap<string, ManagedRule> = new Map(MANAGED_RULES.map((each) => [each.identifier, each]))

export const findManagedRule = (identifier: string): ManagedRule | undefined => BY_IDENTIFIER.get(identifier)
