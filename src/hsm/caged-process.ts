import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, extname, join, parse } from 'node:path'
import { compiledCodeEnvironment } from './compiled-code.ts'

const HERE = realpathSync(import.meta.dirname)
/** Sources in a checkout, JavaScript in an installed package. */
const EXTENSION = extname(import.meta.filename)

/** The package that `directory` is in: Node reads from it what kind of module a file is. */
function packageFile(directory: string): string | undefined {
  const path = join(directory, 'package.json')
  if (existsSync(path)) return path
  return directory === parse(directory).root ? undefined : packageFile(dirname(directory))
}

/** The libraries that the key process loads, and what they load. */
const LIBRARIES = ['@noble/curves', '@noble/hashes', '@noble/post-quantum'] as const

/** Where a library is, whichever way it was installed: the directory that `node_modules` leads to. */
function libraryDirectory(name: string): string {
  const path = findPackageJSON(name, import.meta.url)
  if (path === undefined) throw new TypeError(`the package ${name} is not installed`)
  return join(dirname(realpathSync(path)), '/')
}

/** What the programs import. Built, they have it in them. */
const IMPORTED =
  EXTENSION === '.js'
    ? []
    : [
        join(HERE, `wire${EXTENSION}`),
        join(HERE, `compiled-code${EXTENSION}`),
        join(HERE, '../domain/'),
        ...LIBRARIES.map(libraryDirectory),
      ]

/** All that a caged process may read, and only until it has loaded itself. */
const READABLE = [join(HERE, 'process/'), packageFile(HERE), ...IMPORTED]

/**
 * The cage: nothing but its own sources can be read, nothing written, no network, no processes, workers, addons, no
 * debugger; modules that do not ask the permission model are gone. The process tries every bar itself (process/cage.ts).
 */
export const CAGE_ARGUMENTS: readonly string[] = [
  '--permission',
  ...READABLE.flatMap((path) => (path === undefined ? [] : [`--allow-fs-read=${path}`])),
  '--disable-sigusr1',
  '--no-addons',
  '--no-experimental-sqlite',
  '--no-experimental-ffi',
  '--disallow-code-generation-from-strings',
  '--disable-proto=delete',
  '--no-warnings',
]

export type Variant = {
  readonly cage?: readonly string[]
  readonly args?: readonly string[]
  /** Where compiled code is kept between starts: a directory, real and with a slash at its end. Nothing is kept without it. */
  readonly compiledCode?: string
}

/**
 * Starts a program of the key boundary in its cage, with an environment that says at most where its compiled code is.
 *
 * @param stdio - what it inherits, by file descriptor.
 * @param variant - the program's own arguments; another cage only where a test proves that a hole is found.
 */
export function startCaged(
  program: 'main' | 'create-root-key',
  stdio: StdioOptions,
  variant: Variant = {},
): ChildProcess {
  const { cage = CAGE_ARGUMENTS, args = [], compiledCode } = variant
  const path = join(HERE, 'process', program + EXTENSION)
  const files =
    compiledCode === undefined ? [] : [`--allow-fs-read=${compiledCode}`, `--allow-fs-write=${compiledCode}`]
  const env = compiledCode === undefined ? {} : compiledCodeEnvironment(compiledCode)
  return spawn(process.execPath, [...cage, ...files, path, ...args], { stdio, env, cwd: '/', windowsHide: true })
}
