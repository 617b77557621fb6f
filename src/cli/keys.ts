import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import { action } from './failure.ts'
import { collect } from './service-options.ts'

const KEY = 'key id, key ARN, alias name (alias/app) or alias ARN'

/** The commands are loaded when they run: the AWS SDK alone takes longer to load than this whole program. */
export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .summary('list, create and manage keys')
    .description(
      'List, create and manage the keys of a running service, with the credentials any AWS client would use.',
    )
    .addHelpText('after', '\nExample:\n  $ trent keys create --alias alias/app --description "invoices"')
  const all = [
    addList,
    addUnused,
    addUsage,
    addCreate,
    addDescribe,
    addEnable,
    addDisable,
    addScheduleDeletion,
    addCancelDeletion,
  ]
  for (const add of all) add(keys)
}

function child(keys: Command, name: string, description: string, example: string): Command {
  const command = keys.command(name).description(description).addHelpText('after', `\nExample:\n  $ ${example}`)
  return addClientOptions(command).option('--json', 'print JSON with the names of the API')
}

function addList(keys: Command): void {
  child(
    keys,
    'list',
    'List all keys of the account in the Region.',
    'trent keys list --json | jq -r ".[].KeyId"',
  ).action(action(async (options) => (await import('./keys/list.ts')).listKeys(options)))
}

function addUnused(keys: Command): void {
  child(
    keys,
    'unused',
    'List keys that nothing was encrypted, decrypted or signed with for some time. A key younger than that is not listed.',
    'trent keys unused --days 180',
  )
    .option('--days <days>', 'how long (default: 90)')
    .action(action(async (options) => (await import('./keys/unused.ts')).unusedKeys(options)))
}

function addUsage(keys: Command): void {
  child(
    keys,
    'usage',
    'Show when a key was called about: a block for each hour (UTC) of the last days. Needs the right to trent:GetKeyActivity.',
    'trent keys usage alias/app --days 30 --svg usage.svg',
  )
    .argument('<key>', KEY)
    .option('--days <days>', 'how many, up to 90 (default: 14)')
    .option('--svg <file>', 'draw it into this file')
    .action(action(async (key: string, options) => (await import('./keys/usage.ts')).keyUsage(key, options)))
}

function addCreate(keys: Command): void {
  child(keys, 'create', 'Create a key.', 'trent keys create --alias alias/app --tag team=billing')
    .option('--alias <name>', 'alias for the key, such as alias/app')
    .option('--description <text>', 'what the key is for')
    .option('--spec <spec>', 'key spec, such as SYMMETRIC_DEFAULT (the default), RSA_4096 or ECC_NIST_P256')
    .option('--usage <usage>', 'ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC or KEY_AGREEMENT')
    .option('--multi-region', 'create a multi-Region primary key')
    .option('--tag <key=value>', 'tag; may be given several times', collect)
    .action(action(async (options) => (await import('./keys/create.ts')).createKey(options)))
}

function addDescribe(keys: Command): void {
  child(keys, 'describe', 'Show what is known about a key.', 'trent keys describe alias/app')
    .argument('<key>', KEY)
    .action(action(async (key: string, options) => (await import('./keys/describe.ts')).describeKey(key, options)))
}

function addEnable(keys: Command): void {
  child(keys, 'enable', 'Let a disabled key be used again.', 'trent keys enable alias/app')
    .argument('<key>', KEY)
    .action(action(async (key: string, options) => (await import('./keys/enable.ts')).enableKey(key, options)))
}

function addDisable(keys: Command): void {
  child(keys, 'disable', 'Keep a key from being used until it is enabled again.', 'trent keys disable alias/app')
    .argument('<key>', KEY)
    .action(action(async (key: string, options) => (await import('./keys/disable.ts')).disableKey(key, options)))
}

function addScheduleDeletion(keys: Command): void {
  child(
    keys,
    'schedule-deletion',
    'Delete a key and all that it encrypted, after a waiting period.',
    'trent keys schedule-deletion alias/app --days 7',
  )
    .argument('<key>', KEY)
    .option('--days <days>', 'waiting period, 7 to 30 days (default: 30)')
    .action(
      action(async (key: string, options) =>
        (await import('./keys/schedule-deletion.ts')).scheduleDeletion(key, options),
      ),
    )
}

function addCancelDeletion(keys: Command): void {
  child(
    keys,
    'cancel-deletion',
    'Keep a key that is waiting for its deletion; it stays disabled.',
    'trent keys cancel-deletion KEY',
  )
    .argument('<key>', KEY)
    .action(
      action(async (key: string, options) => (await import('./keys/cancel-deletion.ts')).cancelDeletion(key, options)),
    )
}
