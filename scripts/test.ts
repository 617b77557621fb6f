import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

// Runs all tests, or those in the files given: `npm test`, `npm test -- test/cli/encrypt.test.ts`.
const ROOT = join(import.meta.dirname, '..')
const ALL = 'test/**/*.test.ts'
const NODE_MAJOR_MIN = 26
/** Test files at once. Many start processes of their own, so that one per core of a small machine is plenty. */
const FILES_AT_ONCE = 2
/** How a test says that it was skipped because a component is not there, and what would bring it. */
const MISSING = /^install: /
/** The same for a component that neither npm nor Debian has, so that no machine can be asked to have it. */
const RARE = /^where present: /

/** Each file is a process of its own, and most of its time it would compile what the one before it has compiled. */
process.env.NODE_COMPILE_CACHE ??= join(ROOT, 'node_modules', '.cache', 'compiled-tests')

const isStrict = process.env.CI === 'true'

/** What the tests asked to be installed, with the tests that asked. */
const missing = new Map<string, number>()

function note(skip: string | boolean | undefined): void {
  if (typeof skip === 'string' && (MISSING.test(skip) || RARE.test(skip)))
    missing.set(skip, (missing.get(skip) ?? 0) + 1)
}

/** Milliseconds that the tests of each file took: what makes the suite long should be seen before it is. */
const spent = new Map<string, number>()
const SLOWEST = 10

function add({ file, nesting, details }: { file?: string; nesting: number; details: { duration_ms: number } }): void {
  if (file !== undefined && nesting === 0) spent.set(file, (spent.get(file) ?? 0) + details.duration_ms)
}

function tellSlowest(): void {
  const slowest = [...spent].toSorted(([, one], [, other]) => other - one).slice(0, SLOWEST)
  for (const [file, ms] of slowest)
    process.stdout.write(`${(ms / 1000).toFixed(0).padStart(4)} s  ${relative(ROOT, file)}\n`)
}

function tell(): void {
  tellSlowest()
  for (const [reason, tests] of missing) process.stdout.write(`skipped ${tests}: ${reason}\n`)
  if (!isStrict || missing.keys().every((reason) => RARE.test(reason))) return
  process.stdout.write('CI must have all components, so that these skips are failures\n')
  process.exitCode = 1
}

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN)
  throw new Error(`the tests need Node ${NODE_MAJOR_MIN}; 'npm test' runs them with the pinned one`)

const given = process.argv.slice(2)
run({ cwd: ROOT, globPatterns: given.length === 0 ? [ALL] : given, concurrency: FILES_AT_ONCE })
  .on('test:pass', (passed) => {
    note(passed.skip)
    add(passed)
  })
  .on('test:fail', (failed) => {
    add(failed)
    const { todo } = failed
    if (todo === undefined || todo === false) process.exitCode = 1
  })
  .compose(spec)
  .on('end', tell)
  .pipe(process.stdout)
