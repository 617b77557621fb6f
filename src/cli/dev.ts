import type { Command } from 'commander'
import type { Options } from '../config.ts'
import { action } from './failure.ts'
import { foreground } from './foreground.ts'
import { addServiceOptions, collect } from './service-options.ts'

const EXAMPLES = `
Examples:
  $ trent dev
  $ trent dev --port 0 --data ./kms-state
  $ AWS_ENDPOINT_URL=http://127.0.0.1:4599 aws kms create-key --region us-east-1`

export function addDev(program: Command): void {
  const command = program
    .command('dev')
    .summary('run the emulator: any credentials do, state lives in memory')
    .description(
      'Run KMS for development and tests. Any credentials are accepted, every Region answers, and all state is gone at the end unless --data keeps it.',
    )
    .option('--data <dir>', 'keep the state in this directory')
    .option(
      '--account <id>',
      'account of callers whose access key id is not itself an account id (default: 000000000000)',
    )
    .option(
      '--auth <mode>',
      'issued: made-up credentials may do anything, issued ones what their policies say; enforce: made-up ones are the root user; audit: log what AWS would deny; off (default: issued)',
    )
    .option('--seed <file>', 'keys and aliases to start with, in the format of local-kms')
    .option('--region <name>', 'Region that --seed puts them in (default: us-east-1)', collect)
  addServiceOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(action((options: Options) => foreground('dev', options)))
}
