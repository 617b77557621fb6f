import { spawnSync } from 'node:child_process'

/** How a test says that a program it needs is not there. Where everything must be tested that is a failure. */
export function missing(...commands: readonly string[]): string | false {
  const absent = commands.find((command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0)
  return absent === undefined || process.env.CI === 'true' ? false : `install: ${absent}`
}
