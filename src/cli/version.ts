import type { Command } from 'commander'
import { VERSION } from '../version.ts'

/** `trent 0.1.0 (Node 26.10.0)`. */
export function versionLine(): string {
  return `trent ${VERSION} (Node ${process.versions.node})`
}

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version of Trent and of the Node it runs on')
    .addHelpText('after', '\nExample:\n  $ trent version')
    .action(() => console.log(versionLine()))
}
