import type { Command } from 'commander'
import { addEndpointOptions } from './client-options.ts'
import { action } from './failure.ts'

export function addKes(program: Command): void {
  const command = program
    .command('kes')
    .summary('serve the API of MinIO KES')
    .description('Serve the API of MinIO KES, with keys of KMS. See docs/integrations/kes.md.')
    .requiredOption('--config <file>', 'configuration file of KES; its key store is not used')
  addEndpointOptions(command)
    .addHelpText('after', '\nExample:\n  $ trent kes --config config.yml')
    .action(action(async (options) => (await import('./integrations/kes.ts')).kes(options)))
}
