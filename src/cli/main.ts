import { Command, CommanderError } from 'commander'
import { addAlarms } from './alarms.ts'
import { addCompliance } from './compliance.ts'
import { addPolicy, addWhoCan, addWhy } from './control.ts'
import { addCost } from './cost.ts'
import { addDecrypt } from './decrypt.ts'
import { addDev } from './dev.ts'
import { addEncrypt } from './encrypt.ts'
import { systemCode, USAGE } from './failure.ts'
import { addK8s } from './k8s.ts'
import { addKes } from './kes.ts'
import { addKeys } from './keys.ts'
import { addRun, addSecrets } from './run.ts'
import { addServe } from './serve.ts'
import { addServices } from './services.ts'
import { addTrail } from './trail.ts'
import { addVersion, versionLine } from './version.ts'
import { addVolume } from './volume.ts'

/** What a shell reports for a program that SIGPIPE ended. */
const BROKEN_PIPE = 141

const program = new Command('trent')
  .description('A key management service you run yourself that speaks the AWS KMS API.')
  .version(versionLine(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand('help [command]', 'print the help of a command')
  .showHelpAfterError('(`--help` lists what can be given)')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'trent: ')) })
  .exitOverride()
  .addHelpText(
    'after',
    '\nExample:\n  $ trent dev                  # then, in another terminal:\n  $ trent keys create --alias alias/app',
  )

// What each command needs is loaded when it runs, so that `dev` does not wait for what `encrypt` imports.
for (const add of [
  addDev,
  addServe,
  addKeys,
  addEncrypt,
  addDecrypt,
  addWhy,
  addWhoCan,
  addPolicy,
  addServices,
  addK8s,
  addKes,
  addRun,
  addSecrets,
  addVolume,
  addTrail,
  addAlarms,
  addCost,
  addCompliance,
  addVersion,
])
  add(program)

// A reader that has seen enough, such as `head`, is no failure of ours.
process.stdout.on('error', (cause) => {
  if (systemCode(cause) === 'EPIPE') process.exit(BROKEN_PIPE)
  throw cause
})

try {
  await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause
  process.exitCode = cause.exitCode === 0 ? 0 : USAGE
}
