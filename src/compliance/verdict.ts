/** Source: ComplianceType of the service model. */
export const COMPLIANCE_TYPES = ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE', 'INSUFFICIENT_DATA'] as const
export type Compliance = (typeof COMPLIANCE_TYPES)[number]

/** What a rule says of a resource. */
export type Verdict =
  | { readonly compliance: 'COMPLIANT' | 'NOT_APPLICABLE' }
  /** Why, and how to mend it: one or two sentences each. */
  | { readonly compliance: 'NON_COMPLIANT' | 'INSUFFICIENT_DATA'; readonly why: string; readonly remedy: string }

export const COMPLIANT: Verdict = { compliance: 'COMPLIANT' }
export const NOT_APPLICABLE: Verdict = { compliance: 'NOT_APPLICABLE' }

export const violation = (why: string, remedy: string): Verdict => ({ compliance: 'NON_COMPLIANT', why, remedy })

/** Characters of an annotation. Source: service model. */
const ANNOTATION_MAX_CHARS = 256

/** Why and how to mend it, as far as it fits; absent where there is nothing to say. */
export function annotation(verdict: Verdict): string | undefined {
  if (!('why' in verdict)) return undefined
  const text = `${verdict.why} ${verdict.remedy}`
  return text.length <= ANNOTATION_MAX_CHARS ? text : `${text.slice(0, ANNOTATION_MAX_CHARS - 1)}…`
}
