import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import type { DecryptOptions } from './crypt/options.ts'
import { action } from './failure.ts'
import { collect } from './service-options.ts'

const HELP = `
The form is recognised: what Encrypt of the API answers, a message of the AWS Encryption SDK, and either of them as base64.

Examples:
  $ trent decrypt < secret.enc
  $ trent decrypt --context tenant=7 --in backup.tar.enc --out backup.tar`

export function addDecrypt(program: Command): void {
  const command = program
    .command('decrypt')
    .summary('decrypt a file or standard input')
    .description("Decrypt what 'trent encrypt' or any KMS client encrypted.")
    .option(
      '--key <key>',
      'decrypt only with this key; needed for asymmetric keys (default: the key that the ciphertext names)',
    )
    .option(
      '--context <name=value>',
      'encryption context that was given to encrypt; may be given several times',
      collect,
    )
    .option('--in <file>', 'read this file (default: standard input)')
    .option('--out <file>', 'write this file, once all of it is there and verified (default: standard output)')
    .option('--algorithm <name>', 'of an asymmetric key, such as RSAES_OAEP_SHA_256')
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(action(async (options: DecryptOptions) => (await import('./crypt/decrypt.ts')).decrypt(options)))
}
