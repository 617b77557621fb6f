import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { BuildOptions, OutputFile, Plugin } from 'esbuild'

// Makes dist/: few files of JavaScript from many of TypeScript. The npm package has only these, since Node strips no types
// under node_modules; a checkout runs them while its sources are what they were made from, because few files start faster.
const ROOT = join(import.meta.dirname, '..')
const SOURCES = join(ROOT, 'src')
const TARGET = join(ROOT, 'dist')
/** Where the launcher reads which sources were built: size in bytes and milliseconds of the last change, by path. */
const BUILT_FROM = join(TARGET, 'built-from.json')
/** A checkout without its development tools runs its sources as they are. */
const IF_POSSIBLE = '--if-possible'

type Rewrite = (source: string, path: string) => string

/** @param rewrites - take a source, and the path below dist/ that it would have if each file were built by itself. */
const rewriting = (...rewrites: readonly Rewrite[]): Plugin => ({
  name: 'rewriting',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      const built = relative(SOURCES, path).replaceAll('\\', '/').replace(/ts$/, 'js')
      const source = await readFile(path, 'utf8')
      return { loader: 'ts', contents: rewrites.reduce((text, rewrite) => rewrite(text, built), source) }
    }),
})

/**
 * An import of one of Node's modules makes Node read every member of it, those included that load much when they are read:
 * all of undici for `http`, which takes longer than the rest of a start. Taking what is named does not.
 */
function takingBuiltins(source: string): string {
  return source.replaceAll(/^import \{([^}]*)\} from '(node:[\w/]+)'/gm, (_, names: string, module: string) => {
    const taken = names.split(',').map((name) => name.trim().replace(' as ', ': '))
    const values = taken.filter((name) => name !== '' && !name.startsWith('type '))
    return `const { ${values.join(', ')} } = process.getBuiltinModule('${module}')`
  })
}

const OWN_PLACE = `const { findPackageJSON: $packageFile } = process.getBuiltinModule('node:module')
const { dirname: $dirname } = process.getBuiltinModule('node:path')`

/** What a module says of its own place stays true. */
function placed(source: string, path: string): string {
  const file = `($dirname($packageFile('.', import.meta.url)) + '/dist/${path}')`
  return source.replaceAll('import.meta.filename', file).replaceAll('import.meta.dirname', `$dirname(${file})`)
}

const SHARED = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  outbase: SOURCES,
  outdir: TARGET,
  legalComments: 'inline',
  logLevel: 'warning',
  metafile: true,
  write: false,
} as const satisfies BuildOptions

/** The API process and its thread. What one command or service needs alone is a part of its own, loaded with it. */
const PROGRAM = {
  ...SHARED,
  entryPoints: ['cli/main.ts', 'trail/follower/worker.ts'].map((path) => join(SOURCES, path)),
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  packages: 'external',
  banner: { js: OWN_PLACE },
  plugins: [rewriting(placed, takingBuiltins)],
} as const satisfies BuildOptions

/** Each program of the key boundary is one file with its libraries, so that its cage lets it read nothing else. */
const KEY_BOUNDARY = {
  ...SHARED,
  entryPoints: ['main.ts', 'create-root-key.ts'].map((name) => join(SOURCES, 'hsm', 'process', name)),
  plugins: [rewriting(takingBuiltins)],
} as const satisfies BuildOptions

async function bundler(): Promise<typeof import('esbuild') | undefined> {
  try {
    return await import('esbuild')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
    if (isMissing && process.argv.includes(IF_POSSIBLE)) return undefined
    throw cause
  }
}

/** A file that has not changed stays as it is, because a service may be running from it; names of parts tell their content. */
function write({ path, contents }: Pick<OutputFile, 'path' | 'contents'>): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, contents)
  renameSync(`${path}.new`, path)
}

function builtFrom(paths: readonly string[]): Buffer {
  const sources = paths.map((path) => {
    const { size, mtimeMs } = statSync(join(ROOT, path))
    return [path, [size, mtimeMs]]
  })
  return Buffer.from(JSON.stringify(Object.fromEntries(sources)))
}

async function build(esbuild: typeof import('esbuild')): Promise<void> {
  const built = await Promise.all([esbuild.build(PROGRAM), esbuild.build(KEY_BOUNDARY)])
  const files = built.flatMap(({ outputFiles }) => outputFiles)
  for (const file of files) write(file)
  const kept = new Set([...files.map(({ path }) => path), BUILT_FROM])
  for (const name of globSync('**/*.*', { cwd: TARGET }))
    if (!kept.has(join(TARGET, name))) rmSync(join(TARGET, name), { force: true })
  // Last, so that what was cut off is never taken for a whole build.
  write({ path: BUILT_FROM, contents: builtFrom(built.flatMap(({ metafile }) => Object.keys(metafile.inputs))) })
}

const esbuild = await bundler()
if (esbuild) await build(esbuild)
