/**
 * Whether the tests of the policy engine notice mistakes: each of a table of small ones is made in a copy of the sources, and
 * the tests must fail there.
 *
 *     node scripts/mutants.ts               all of them, which takes a quarter of an hour
 *     node scripts/mutants.ts --sample 10   ten, others each day
 *     node scripts/mutants.ts --only grant  those whose file and name have that expression in them
 *     node scripts/mutants.ts --jobs 2      two at once
 *     node scripts/mutants.ts --stage second-evaluator   with the second evaluator alone
 *
 * Exits with 1 when a mutant survives.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { MUTANTS } from './mutants/index.ts'
import type { Mutant } from './mutants/mutant.ts'

const ROOT = join(import.meta.dirname, '..')
/** What the tests of the policy engine need, and nothing else. */
const COPIED = ['package.json', 'src/domain', 'src/policy', 'test/policy', 'test/vectors/policy']
/** A mutant that makes the tests run longer than this, in milliseconds, is noticed as well. */
const TIME_MAX_MS = 240_000
const MS_PER_DAY = 86_400_000

/** Where the test of a file has another name than the file. */
const TESTED_BY: ReadonlyMap<string, string> = new Map([
  ['resource-access.ts', 'key-access'],
  ['own-policies.ts', 'key-access'],
  ['principal-match.ts', 'principal'],
  ['operators.ts', 'condition'],
  ['context-keys.ts', 'condition'],
  ['compile.ts', 'key-access'],
  ['action.ts', 'evaluate'],
  ['arn-pattern.ts', 'condition'],
])

type Stage = { readonly name: string; readonly pattern: string; readonly not?: string }

/** Tests in the order in which they are tried, the fast ones first. The first are those of the file itself. */
const STAGES: readonly Stage[] = [
  { name: 'unit', pattern: 'test/policy/*.test.ts', not: 'test/policy/monotony.test.ts' },
  { name: 'second-evaluator', pattern: 'test/policy/second-evaluator/*.test.ts' },
  { name: 'monotony', pattern: 'test/policy/monotony.test.ts' },
]

function nearest(file: string): Stage {
  const test = TESTED_BY.get(file) ?? file.replace(/\.ts$/, '')
  return { name: 'nearest', pattern: `test/policy/${test}.test.ts` }
}

const { values: options } = parseArgs({
  options: {
    sample: { type: 'string' },
    only: { type: 'string' },
    stage: { type: 'string' },
    jobs: { type: 'string', default: '1' },
  },
})

/** Mutants from a place that moves on every day, so that a few days try all. */
function sampled(count: number): readonly Mutant[] {
  const from = (Math.floor(Date.now() / MS_PER_DAY) * count) % MUTANTS.length
  return [...MUTANTS.slice(from), ...MUTANTS.slice(0, from)].slice(0, count)
}

function chosen(): readonly Mutant[] {
  const { sample, only } = options
  if (sample !== undefined) return sampled(Number(sample))
  return only === undefined ? MUTANTS : MUTANTS.filter(([file, name]) => new RegExp(only).test(`${file}: ${name}`))
}

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'trent-mutants-'))
  for (const path of COPIED) {
    mkdirSync(join(copy, path, '..'), { recursive: true })
    cpSync(join(ROOT, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** The same policies are tried on every mutant, so that what one run notices the next one does. */
const SECOND_EVALUATOR = { DECISIONS: '8000', SEED: '20260301' }

/** One failed test is enough, so that the others are not waited for. */
async function passes(copy: string, { pattern, not }: Stage): Promise<boolean> {
  const files = globSync(pattern, { cwd: copy, exclude: not === undefined ? [] : [not] })
  if (files.length === 0) throw new Error(`${pattern} names no tests`)
  const child = spawn(process.execPath, ['--test', '--test-isolation=none', '--test-reporter=tap', ...files], {
    cwd: copy,
    timeout: TIME_MAX_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...SECOND_EVALUATOR, NODE_COMPILE_CACHE: join(copy, '.compiled') },
  })
  const ended = once(child, 'exit')
  for await (const line of createInterface(child.stdout))
    if (line.startsWith('not ok')) {
      child.kill('SIGKILL')
      break
    }
  const [status] = await ended
  return status === 0
}

async function firstFailing(copy: string, stages: readonly Stage[]): Promise<Stage | undefined> {
  for (const stage of stages) if (!(await passes(copy, stage))) return stage
  return undefined
}

/** Makes the mistake, runs the tests, and mends it. @returns the stage that noticed it; nothing when none did. */
async function noticedBy(
  copy: string,
  [file, , text, replacement]: Mutant,
  stages: readonly Stage[],
): Promise<Stage | undefined> {
  const path = join(copy, 'src/policy', file)
  const source = readFileSync(path, 'utf8')
  const mutated = source.replace(text, () => replacement)
  if (mutated === source) throw new Error(`${file} has no ${JSON.stringify(text)}`)
  writeFileSync(path, mutated)
  const stage = await firstFailing(copy, options.stage === undefined ? [nearest(file), ...stages] : stages)
  writeFileSync(path, source)
  return stage
}

const stages = STAGES.filter(({ name }) => options.stage === undefined || name === options.stage)
const mutants = chosen()
const waiting = [...mutants]
const survivors: string[] = []

/** Tries mutants, each in the same copy after the other, until none waits. */
async function work(): Promise<void> {
  const copy = makeCopy()
  try {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const [file, name] = mutant
      const stage = await noticedBy(copy, mutant, stages)
      if (stage === undefined) survivors.push(`${file}: ${name}`)
      process.stdout.write(`${stage === undefined ? 'SURVIVED' : `noticed by ${stage.name}`}  ${file}: ${name}\n`)
    }
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** A suite that fails anyway would notice everything. */
async function requireSound(): Promise<void> {
  const copy = makeCopy()
  const broken = await firstFailing(copy, stages)
  rmSync(copy, { recursive: true })
  if (broken !== undefined) throw new Error(`${broken.name}: the tests fail without any mutant`)
}

await requireSound()
await Promise.all(Array.from({ length: Number(options.jobs) }, work))
process.stdout.write(`${mutants.length - survivors.length} of ${mutants.length} mutants noticed\n`)
for (const survivor of survivors) process.stdout.write(`survived: ${survivor}\n`)
process.exitCode = survivors.length === 0 ? 0 : 1
