import { compileGlob, matchesGlob, wildcardTokens } from './pattern.ts'
import type { PatternElement } from './statement.ts'
import type { ActionTest } from './types.ts'

const NEVER: ActionTest = () => false

/** The service of an action pattern; nothing when it has no colon. */
export function vendorOf(pattern: string): string | undefined {
  const colon = pattern.indexOf(':')
  return colon < 0 ? undefined : pattern.slice(0, colon)
}

/** A test of one pattern: `*`, or a service spelled out and a name in which `*` and `?` act; letter case does not matter. */
export function compileAction(pattern: string): ActionTest {
  if (pattern === '*') return () => true
  const vendor = vendorOf(pattern)?.toLowerCase()
  if (vendor === undefined || /[*?]/.test(vendor)) return NEVER
  const prefix = `${vendor}:`
  const glob = compileGlob(wildcardTokens(pattern.slice(prefix.length).toLowerCase()))
  return (action) => action.startsWith(prefix) && matchesGlob(glob, action.slice(prefix.length))
}

/** A test of Action or NotAction. Spelled-out actions are looked up at once; only patterns are tried one by one. */
export function compileActions({ negated, patterns }: PatternElement): ActionTest {
  const exact = new Set(patterns.filter((pattern) => !isWild(pattern)).map((pattern) => pattern.toLowerCase()))
  const tests = patterns.filter(isWild).map(compileAction)
  const [only, ...others] = tests
  if (only && others.length === 0 && exact.size === 0) return negated ? (action) => !only(action) : only
  return (action) => (exact.has(action) || tests.some((test) => test(action))) !== negated
}

function isWild(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?')
}
