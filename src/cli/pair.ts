import { type Failure, misuse } from './failure.ts'

/**
 * `name=value` pairs of a repeated option.
 *
 * @param option - named in the refusal, such as `--tag`.
 */
export function parsePairs(option: string, given: readonly string[] = []): Readonly<Record<string, string>> | Failure {
  const pairs = new Map<string, string>()
  for (const text of given) {
    const at = text.indexOf('=')
    if (at < 1) return misuse(`${option} takes NAME=VALUE, not '${text}'`)
    const name = text.slice(0, at)
    if (pairs.has(name)) return misuse(`${option} names '${name}' twice`)
    pairs.set(name, text.slice(at + 1))
  }
  return Object.fromEntries(pairs)
}
