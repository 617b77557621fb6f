/** Matching with `*` (any run of characters, also none) and `?` (one UTF-16 code unit), in time linear in the text. */

export type Token =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'any' }
  | { readonly type: 'one' }

/** A stretch between two `*`: literal runs at fixed offsets; what lies between them is `?`. */
type Segment = { readonly length: number; readonly runs: readonly Run[]; readonly find: Find }
type Run = { readonly offset: number; readonly text: string }
type Find = (text: string, from: number, end: number) => number

export type Glob =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'fixed'; readonly only: Segment }
  | {
      readonly type: 'open'
      readonly head: Segment
      readonly middle: readonly Segment[]
      readonly tail: Segment
      readonly minLength: number
    }

export const ANY: Token = { type: 'any' }
export const ONE: Token = { type: 'one' }

/** Bits in a word of the bit-parallel search. */
const WORD = 32

/** Tokens of a text in which `*` and `?` are wildcards and nothing else is special. */
export function wildcardTokens(text: string): readonly Token[] {
  return text
    .split(/([*?])/)
    .filter((part) => part !== '')
    .map((part) => (part === '*' ? ANY : part === '?' ? ONE : { type: 'text', text: part }))
}

export function compileGlob(tokens: readonly Token[]): Glob {
  const segments = segmentsOf(tokens)
  const [head, ...rest] = segments
  const tail = rest.pop()
  if (head === undefined || tail === undefined) return compileFixed(head ?? segmentOf([]))
  const minLength = segments.reduce((sum, segment) => sum + segment.length, 0)
  return { type: 'open', head, middle: rest.filter((segment) => segment.length > 0), tail, minLength }
}

function compileFixed(only: Segment): Glob {
  const text = only.runs.map((run) => run.text).join('')
  return text.length === only.length ? { type: 'literal', text } : { type: 'fixed', only }
}

export function matchesGlob(glob: Glob, text: string): boolean {
  if (glob.type === 'literal') return text === glob.text
  if (glob.type === 'fixed') return text.length === glob.only.length && matchesAt(glob.only, text, 0)
  const { head, middle, tail, minLength } = glob
  const end = text.length - tail.length
  if (text.length < minLength || !matchesAt(head, text, 0) || !matchesAt(tail, text, end)) return false
  // Taking the leftmost place for each segment leaves the most room for the next, so no choice is ever taken back.
  let from = head.length
  for (const segment of middle) {
    const at = segment.find(text, from, end)
    if (at < 0) return false
    from = at + segment.length
  }
  return true
}

function segmentsOf(tokens: readonly Token[]): readonly Segment[] {
  const groups: Token[][] = [[]]
  for (const token of tokens)
    if (token.type === 'any') groups.push([])
    else groups.at(-1)?.push(token)
  return groups.map(segmentOf)
}

function segmentOf(tokens: readonly Token[]): Segment {
  const runs: Run[] = []
  let length = 0
  for (const token of tokens) {
    if (token.type === 'text') runs.push({ offset: length, text: token.text })
    length += token.type === 'text' ? token.text.length : 1
  }
  return { length, runs: joinRuns(runs), find: findOf(length, joinRuns(runs)) }
}

/** Neighbouring texts (around a substituted variable) become one run, so that one search finds them. */
function joinRuns(runs: readonly Run[]): readonly Run[] {
  const joined: Run[] = []
  for (const run of runs) {
    const last = joined.at(-1)
    if (last && last.offset + last.text.length === run.offset)
      joined[joined.length - 1] = { ...last, text: last.text + run.text }
    else joined.push(run)
  }
  return joined
}

function matchesAt(segment: Pick<Segment, 'runs'>, text: string, at: number): boolean {
  for (const run of segment.runs) if (!text.startsWith(run.text, at + run.offset)) return false
  return true
}

function findOf(length: number, runs: readonly Run[]): Find {
  const [first] = runs
  if (first === undefined) return (_text, from, end) => (from + length <= end ? from : -1)
  if (first.text.length === length) return (text, from, end) => findLiteral(first.text, text, from, end)
  if (length > WORD) return bitParallelFind(length, runs)
  return (text, from, end) => {
    for (let at = from; at + length <= end; at++) if (matchesAt({ runs }, text, at)) return at
    return -1
  }
}

function findLiteral(literal: string, text: string, from: number, end: number): number {
  const at = text.indexOf(literal, from)
  return at >= 0 && at + literal.length <= end ? at : -1
}

/**
 * The Shift-And search (Baeza-Yates and Gonnet, 1992): bit `i` of the state says that the last `i + 1` characters match the
 * segment's first `i + 1`. Trying every place one by one would take time in the product of both lengths, which the author of
 * a policy could choose.
 */
function bitParallelFind(length: number, runs: readonly Run[]): Find {
  const masks = masksOf(length, runs)
  const last = length - 1
  return (text, from, end) => {
    const state = new Uint32Array(masks.other.length)
    for (let at = from; at < end; at++) {
      advance(state, masks.of.get(text.charCodeAt(at)) ?? masks.other)
      if (isBitSet(state, last)) return at - last
    }
    return -1
  }
}

function advance(state: Uint32Array, mask: Uint32Array): void {
  let carry = 1
  for (let i = 0; i < state.length; i++) {
    const word = state[i] ?? 0
    state[i] = ((word << 1) | carry) & (mask[i] ?? 0)
    carry = word >>> (WORD - 1)
  }
}

type Masks = { readonly of: ReadonlyMap<number, Uint32Array>; readonly other: Uint32Array }

/** For each character the places where it may stand; `?` admits every one, so `other` starts from the places of `?`. */
function masksOf(length: number, runs: readonly Run[]): Masks {
  const other = new Uint32Array(Math.ceil(length / WORD)).fill(0xffff_ffff)
  for (const run of runs) for (let i = 0; i < run.text.length; i++) clearBit(other, run.offset + i)
  const of = new Map<number, Uint32Array>()
  for (const run of runs)
    for (let i = 0; i < run.text.length; i++) {
      const code = run.text.charCodeAt(i)
      const mask = of.get(code) ?? other.slice()
      setBit(mask, run.offset + i)
      of.set(code, mask)
    }
  return { of, other }
}

function setBit(words: Uint32Array, bit: number): void {
  words[Math.floor(bit / WORD)] = (words[Math.floor(bit / WORD)] ?? 0) | (1 << (bit % WORD))
}

function clearBit(words: Uint32Array, bit: number): void {
  words[Math.floor(bit / WORD)] = (words[Math.floor(bit / WORD)] ?? 0) & ~(1 << (bit % WORD))
}

function isBitSet(words: Uint32Array, bit: number): boolean {
  return ((words[Math.floor(bit / WORD)] ?? 0) & (1 << (bit % WORD))) !== 0
}
