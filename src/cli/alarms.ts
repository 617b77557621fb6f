import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import { action } from './failure.ts'

const JSON_OPTION = ['--json', 'print JSON with the names of the API'] as const
const example = (text: string) => `\nExample:\n  $ ${text}`

export function addAlarms(program: Command): void {
  const alarms = program
    .command('alarms')
    .summary('list what was unusual')
    .description('List what Trent found unusual, and test where it is told. Trent looks for it with --alarms.')
  addClientOptions(alarms.command('list'))
    .description('List what was unusual in the account, the newest first. Needs the right to trent:ListAlarms.')
    .option('--limit <alarms>', 'how many, up to 1000 (default: 100)')
    .option(...JSON_OPTION)
    .addHelpText('after', example('trent alarms list --limit 20'))
    .action(action(async (options) => (await import('./control/alarms.ts')).listAlarms(options)))
  addClientOptions(alarms.command('test'))
    .description('Send a test message to the webhook, and tell what it answered. Needs the right to trent:TestAlarm.')
    .addHelpText('after', example('trent alarms test'))
    .action(action(async (options) => (await import('./control/alarms.ts')).testAlarm(options)))
}
