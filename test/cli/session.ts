import { spawnSync } from 'node:child_process'

/**
 * A session as a text file: `$ command` lines, each followed by all that it prints, errors too, and `[exit 2]` where it
 * does not end well. `#` begins a comment. `<name>` stands for a word: any at first, the same one from then on; `…` for
 * anything in a line.
 */
export type Step = {
  readonly line: number
  readonly command: string
  readonly expected: readonly string[]
  readonly exitCode: number
}

const EXIT = /^\[exit (\d+)\]$/
const PLACEHOLDER = /<([a-z][a-z0-9-]*)>|…/g

export function parseSession(text: string): readonly Step[] {
  const steps: { line: number; command: string; expected: string[]; exitCode: number }[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const step = steps.at(-1)
    const exit = EXIT.exec(line)?.[1]
    if (line.startsWith('#')) continue
    if (line.startsWith('$ ')) steps.push({ line: i + 1, command: line.slice(2), expected: [], exitCode: 0 })
    else if (step && exit !== undefined) step.exitCode = Number(exit)
    else if (step) step.expected.push(line)
    else if (line !== '') throw new Error(`line ${i + 1} comes before any command: ${line}`)
  }
  for (const step of steps) while (step.expected.at(-1) === '') step.expected.pop()
  return steps
}

export type Played = { readonly output: string; readonly exitCode: number | null; readonly differs: string | undefined }

/** Plays one step in a shell; `words` collects what the placeholders stand for. */
export function play(
  step: Step,
  words: Map<string, string>,
  shell: { cwd: string; env: Record<string, string> },
): Played {
  const command = step.command.replace(PLACEHOLDER, (whole, name) => words.get(name) ?? whole)
  const { status, stdout } = spawnSync('sh', ['-c', `{ ${command}\n} 2>&1`], { ...shell, encoding: 'utf8' })
  const output = stdout.replace(/\n+$/, '')
  return {
    output,
    exitCode: status,
    differs: difference(step.expected, output === '' ? [] : output.split('\n'), words),
  }
}

/** The first line that is not as expected. */
function difference(
  expected: readonly string[],
  actual: readonly string[],
  words: Map<string, string>,
): string | undefined {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const [wanted, got] = [expected[i], actual[i]]
    if (wanted === undefined || got === undefined || !fits(wanted, got, words))
      return `expected ${quote(wanted)}, got ${quote(got)}`
  }
  return undefined
}

const quote = (line: string | undefined) => (line === undefined ? 'nothing more' : JSON.stringify(line))

function fits(wanted: string, got: string, words: Map<string, string>): boolean {
  const found = patternOf(wanted, words).exec(got)
  for (const [name, word] of Object.entries(found?.groups ?? {})) words.set(name.replaceAll('_', '-'), word)
  return found !== null
}

function patternOf(wanted: string, words: ReadonlyMap<string, string>): RegExp {
  const named = new Set<string>()
  let source = ''
  let from = 0
  for (const { 0: whole, 1: name, index } of wanted.matchAll(PLACEHOLDER)) {
    source += RegExp.escape(wanted.slice(from, index))
    from = index + whole.length
    const word = name === undefined ? undefined : words.get(name)
    const group = name?.replaceAll('-', '_')
    if (group === undefined) source += '.*'
    else if (word !== undefined) source += RegExp.escape(word)
    else source += named.has(group) ? `\\k<${group}>` : `(?<${group}>[^\\s/]+)`
    if (group !== undefined) named.add(group)
  }
  return new RegExp(`^${source}${RegExp.escape(wanted.slice(from))}$`)
}
