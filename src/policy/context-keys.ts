import type { PolicyKind } from './types.ts'

/** Keys that hold lists (ArrayOf…), in lower case. Without a set operator no condition on them is true. Source: service authorization reference. */
const MULTIVALUED: ReadonlySet<string> = new Set([
  'aws:calledvia',
  'aws:principalorgpaths',
  'aws:principalservicenameslist',
  'aws:resourceorgpaths',
  'aws:sourceorgpaths',
  'aws:tagkeys',
  'kms:encryptioncontextkeys',
  'kms:grantoperations',
  'kms:resourcealiases',
  'sts:transitivetagkeys',
])

const IDENTITY_ONLY_KEY = 'kms:resourcealiases'
const IDENTITY_ONLY_PREFIX = 'aws:resourcetag/'

/** Keys for which ForAllValues is refused in key policies: it would match requests without the pair or tag. Source: KMS developer guide. */
const OVERLY_PERMISSIVE = ['kms:encryptioncontext:', 'aws:requesttag/'] as const

/** @param key - name in lower case, as every `key` here. */
export function isMultivalued(key: string): boolean {
  return MULTIVALUED.has(key)
}

/** Aliases and tags of a key decide in IAM policies only; in a key policy the keys are absent. Source: KMS condition keys. */
export function isVisible(key: string, kind: PolicyKind): boolean {
  return kind !== 'key' || (key !== IDENTITY_ONLY_KEY && !key.startsWith(IDENTITY_ONLY_PREFIX))
}

export function isOverlyPermissiveForAll(key: string): boolean {
  return OVERLY_PERMISSIVE.some((prefix) => key.startsWith(prefix))
}
