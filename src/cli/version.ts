import { readFileSync } from 'node:fs'
import type { Command } from 'commander'

/** `trent 0.1.0 (Node 26.10.0)`. */
export function versionLine(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return `trent ${version} (Node ${process.versions.node})`
}

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version of Trent and of the Node it runs on')
    .addHelpText('after', '\nExample:\n  $ trent version')
    .action(() => console.log(versionLine()))
}
