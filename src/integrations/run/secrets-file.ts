/** One line of a file of secrets: a value as it is, or its ciphertext. */
export type Entry = { readonly name: string } & (
  | { readonly kind: 'plain'; readonly value: string }
  | { readonly kind: 'sealed'; readonly ciphertext: Uint8Array }
)

/** What is wrong with a file, for a person. */
export type FileProblem = { readonly kind: 'problem'; readonly line: number; readonly message: string }

/** Begins every value that is a ciphertext. */
const PREFIX = 'trent:v1:'
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
/** Entries of one file; each sealed one is a call of KMS. */
const ENTRIES_MAX = 1_000

/** Whether an environment can have a variable of that name. */
export function isVariableName(name: string): boolean {
  return NAME.test(name)
}

/** The line of a secret. */
export function sealedLine(name: string, ciphertext: Uint8Array): string {
  return `${name}=${PREFIX}${Buffer.from(ciphertext).toString('base64')}`
}

/** What a secret is bound to: a line under another name does not decrypt. */
export function contextOf(name: string, more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...more, 'trent:secret': name }
}

/**
 * Reads `NAME=value` lines as dotenv does: empty lines and `#` comments are passed over, `export ` may stand before a name, and
 * a value may stand in quotes, in which nothing is replaced.
 */
export function parseSecrets(text: string): readonly Entry[] | FileProblem {
  const entries = new Map<string, Entry>()
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const problem = (message: string): FileProblem => ({ kind: 'problem', line: index + 1, message })
    const at = line.indexOf('=')
    const name = line
      .slice(0, Math.max(0, at))
      .replace(/^export\s+/, '')
      .trim()
    if (at < 1 || !isVariableName(name)) return problem('NAME=value is expected')
    if (entries.has(name)) return problem(`${name} is there already`)
    if (entries.size >= ENTRIES_MAX) return problem(`a file has no more than ${ENTRIES_MAX} entries`)
    const entry = entryOf(name, unquoted(line.slice(at + 1).trim()))
    if (entry === undefined) return problem(`the ciphertext of ${name} is not whole`)
    entries.set(name, entry)
  }
  return [...entries.values()]
}

function unquoted(value: string): string {
  const [first = ''] = value
  return value.length > 1 && (first === '"' || first === "'") && value.endsWith(first) ? value.slice(1, -1) : value
}

function entryOf(name: string, value: string): Entry | undefined {
  if (!value.startsWith(PREFIX)) return { kind: 'plain', name, value }
  const text = value.slice(PREFIX.length)
  return BASE64.test(text) ? { kind: 'sealed', name, ciphertext: Buffer.from(text, 'base64') } : undefined
}
