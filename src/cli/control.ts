import type { Command } from 'commander'
import { addClientOptions, addEndpointOptions } from './client-options.ts'
import { action } from './failure.ts'

const KEY = 'key id, key ARN, alias name (alias/app) or alias ARN'
const JSON_OPTION = ['--json', 'print JSON with the names of the API'] as const
const example = (text: string) => `\nExample:\n  $ ${text}`

export function addWhy(program: Command): void {
  addEndpointOptions(program.command('why'))
    .description('Tell why a recorded call was answered as it was. Needs the right to trent:ExplainDecision.')
    .argument('<request-id>', 'the x-amzn-RequestId of the answer')
    .option('--data <dir>', 'read the trail in this data directory; no service need run, and none is asked')
    .option(...JSON_OPTION)
    .addHelpText('after', example('trent why 6dd4a5a2-4a2c-4d4f-a0f1-d05ddbc6a3e1'))
    .action(action(async (id: string, options) => (await import('./control/why.ts')).why(id, options)))
}

export function addWhoCan(program: Command): void {
  addClientOptions(program.command('who-can'))
    .description('List who can use a key, and under which conditions. Needs the right to trent:WhoCan.')
    .argument('<key>', KEY)
    .argument('[action]', 'one action, such as kms:Decrypt (default: all)')
    .option(...JSON_OPTION)
    .addHelpText('after', example('trent who-can alias/app kms:Decrypt'))
    .action(
      action(async (key: string, name: string | undefined, options) =>
        (await import('./control/who-can.ts')).whoCan(key, name, options),
      ),
    )
}

export function addPolicy(program: Command): void {
  const policy = program
    .command('policy')
    .summary('test key policies')
    .description('Test key policies before they are put.')
  addClientOptions(policy.command('test'))
    .description(
      'List the recorded calls on a key that a draft policy would answer otherwise. Needs the right to trent:TestPolicy.',
    )
    .argument('<key>', KEY)
    .argument('<file>', 'the draft, JSON')
    .option('--limit <calls>', 'calls to decide again, the newest first, up to 1000 (default: 1000)')
    .option(...JSON_OPTION)
    .addHelpText('after', example('trent policy test alias/app draft.json'))
    .action(
      action(async (key: string, file: string, options) =>
        (await import('./control/policy-test.ts')).testPolicy(key, file, options),
      ),
    )
}
