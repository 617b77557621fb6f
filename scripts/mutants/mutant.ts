/** A small mistake that somebody could make in the policy engine: where, what, which text, and what stands there instead. */
export type Mutant = readonly [file: string, name: string, text: string, replacement: string]
