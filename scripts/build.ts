import { spawnSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

// Makes dist/, the JavaScript of the npm package: Node strips no types under node_modules. A checkout needs none of it.
const ROOT = join(import.meta.dirname, '..')
const SOURCES = join(ROOT, 'src')
const TARGET = join(ROOT, 'dist')
/** By its command: TypeScript's own name for its package changes with the compiler. */
const COMPILER = join(ROOT, 'node_modules', '.bin', 'tsc')

/** @returns whether the sources were compiled. What an earlier build left is gone, so that nothing old is published. */
function compile(): boolean {
  rmSync(TARGET, { recursive: true, force: true })
  const project = join(import.meta.dirname, 'tsconfig.build.json')
  return (
    spawnSync(COMPILER, ['--project', project], { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0
  )
}

/** Files that are read and not compiled. */
function copyData(): void {
  const files = globSync('**/*', { cwd: SOURCES, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.endsWith('.ts'),
  )
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name)
    cpSync(path, join(TARGET, path.slice(SOURCES.length)))
  }
}

if (compile()) copyData()
else process.exitCode = 1
