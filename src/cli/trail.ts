import type { Command } from 'commander'
import { action } from './failure.ts'

export function addTrail(program: Command): void {
  const trail = program
    .command('trail')
    .summary('check the audit trail')
    .description('Check the audit trail of a data directory.')
  trail
    .command('verify')
    .description(
      'Find out whether anything in the trail was changed, removed, inserted or cut off. The service may be running.',
    )
    .requiredOption('--data <dir>', 'the data directory')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ trent trail verify --data /var/lib/trent && echo untouched')
    .action(action(async (options) => (await import('./trail/verify.ts')).verify(options)))
}
