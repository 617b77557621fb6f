/**
 * The environment of a key process that keeps its compiled code in `directory`. Node's own variable, because by the time that
 * a program of this process could ask for it, Node would have loaded what strips types.
 */
export function compiledCodeEnvironment(directory: string): { readonly NODE_COMPILE_CACHE: string } {
  return { NODE_COMPILE_CACHE: directory }
}

/** Where a process keeps its compiled code, and whatever else is in its environment. */
export function readEnvironment(env: NodeJS.ProcessEnv): {
  readonly compiledCode: string | undefined
  readonly others: readonly string[]
} {
  const { NODE_COMPILE_CACHE: compiledCode, ...others } = env
  return { compiledCode, others: Object.keys(others) }
}
