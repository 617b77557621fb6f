import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import { action } from './failure.ts'

const NAME = 'the name that requests to the service are signed for, such as s3'

export function addServices(program: Command): void {
  const services = program
    .command('services')
    .summary('integrate services')
    .description('Manage the services that may call KMS for themselves and for users who called them.')
    .addHelpText('after', '\nExample:\n  $ trent services add s3 >> services-credentials')
  for (const add of [addAdd, addList, addRemove]) add(services)
}

function child(services: Command, name: string, description: string, example: string): Command {
  const command = services.command(name).description(description).addHelpText('after', `\nExample:\n  $ ${example}`)
  return addClientOptions(command).option('--json', 'print JSON with the names of the API')
}

function addAdd(services: Command): void {
  child(
    services,
    'add',
    'Give a service an identity. Prints its credentials, once, as a profile of its name.',
    'trent services add s3 >> services-credentials',
  )
    .argument('<name>', NAME)
    .action(action(async (name: string, options) => (await import('./services/add.ts')).addService(name, options)))
}

function addList(services: Command): void {
  child(services, 'list', 'List the services.', 'trent services list').action(
    action(async (options) => (await import('./services/list.ts')).listServices(options)),
  )
}

function addRemove(services: Command): void {
  child(
    services,
    'remove',
    'Forget a service. Its credentials and sessions are good for nothing when the command is done.',
    'trent services remove s3',
  )
    .argument('<name>', NAME)
    .action(
      action(async (name: string, options) => (await import('./services/remove.ts')).removeService(name, options)),
    )
}
