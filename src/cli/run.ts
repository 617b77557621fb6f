import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import { action } from './failure.ts'
import { collect } from './service-options.ts'

const CONTEXT = [
  '--context <name=value>',
  'encryption context of all secrets; may be given several times',
  collect,
] as const

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .summary('run a program with decrypted secrets')
    .description(
      'Run a program with the secrets of a file in its environment. They are decrypted, and written nowhere.',
    )
    .argument('<command...>', 'the program and its arguments, after --')
    .requiredOption('--secrets <file>', 'NAME=value lines, as trent secrets encrypt prints them')
    .option(...CONTEXT)
  addClientOptions(command)
    .addHelpText('after', '\nExample:\n  $ trent run --secrets app.env -- node server.js')
    .action(action(async (given: string[], options) => (await import('./integrations/run.ts')).run(given, options)))
}

export function addSecrets(program: Command): void {
  const secrets = program
    .command('secrets')
    .summary('make files of secrets')
    .description('Make the files of secrets that trent run reads.')
  const encrypt = secrets
    .command('encrypt')
    .description('Encrypt one secret, read from standard input without the line break at its end, and print its line.')
    .argument('<name>', 'of the variable that the secret will be')
    .requiredOption('--key <key>', 'key id, key ARN, alias name or alias ARN')
    .option(...CONTEXT)
  addClientOptions(encrypt)
    .addHelpText(
      'after',
      '\nExample:\n  $ printf %s "$password" | trent secrets encrypt DB_PASSWORD --key alias/app >> app.env',
    )
    .action(
      action(async (name: string, options) => (await import('./integrations/run.ts')).encryptSecret(name, options)),
    )
}
