import type { Command } from 'commander'
import { addClientOptions } from './client-options.ts'
import type { EncryptOptions } from './crypt/options.ts'
import { action } from './failure.ts'
import { collect } from './service-options.ts'

const HELP = `
Up to 4096 bytes are encrypted by the key itself; what comes out is what Encrypt of the API answers. Anything larger is
encrypted here under a data key, in the message format of the AWS Encryption SDK. 'trent decrypt' reads both.

Examples:
  $ echo -n secret | trent encrypt --key alias/app --base64
  $ trent encrypt --key alias/app --context tenant=7 --in backup.tar --out backup.tar.enc`

export function addEncrypt(program: Command): void {
  const command = program
    .command('encrypt')
    .summary('encrypt a file or standard input')
    .description('Encrypt a file, or standard input, to a file, or standard output.')
    .requiredOption('--key <key>', 'key id, key ARN, alias name (alias/app) or alias ARN')
    .option(
      '--context <name=value>',
      'encryption context, needed again to decrypt; may be given several times',
      collect,
    )
    .option('--in <file>', 'read this file (default: standard input)')
    .option('--out <file>', 'write this file, once all of it is there (default: standard output)')
    .option('--base64', 'write text')
    .option('--algorithm <name>', 'of an asymmetric key, such as RSAES_OAEP_SHA_256')
    .option('--force', 'write binary to a terminal')
  addClientOptions(command)
    .addHelpText('after', HELP)
    .action(action(async (options: EncryptOptions) => (await import('./crypt/encrypt.ts')).encrypt(options)))
}
