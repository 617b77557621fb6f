import type { Command } from 'commander'
import type { Options } from '../config.ts'
import { action } from './failure.ts'
import { foreground } from './foreground.ts'
import { addServiceOptions, collect } from './service-options.ts'

const EXAMPLES = `
Examples:
  $ trent serve --data /var/lib/trent
  $ trent serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem --region eu-central-1 --region us-east-1`

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('run the service: signatures and policies are enforced, state is durable')
    .description(
      'Run the key management service. The first start creates the root key, the account and its root access key in the data directory.',
    )
    .option('--data <dir>', 'where state, root key, credentials and trail are kept (default: ./data)')
    .option('--account <id>', 'account that the first start creates (default: a random one)')
    .option('--region <name>', 'Region to serve; may be given several times (default: us-east-1)', collect)
  addServiceOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(action((options: Options) => foreground('serve', options)))
}
