import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import type { Running } from '../main.ts'

type Setting = readonly [name: string, value: string]

/** Nothing in it that a shell would read as anything else. */
const PLAIN = /^[\w@%+=:,./-]+$/
const quoted = (value: string): string => (PLAIN.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`)

/** One line of the shell a person most likely has: PowerShell on Windows, else a POSIX one. */
const settingLine = ([name, value]: Setting): string =>
  process.platform === 'win32' ? `$env:${name} = '${value.replaceAll("'", "''")}'` : `export ${name}=${quoted(value)}`

/** `dev` takes any credentials, but the tools insist on having some. */
const ANY_CREDENTIALS: readonly Setting[] = [
  ['AWS_ACCESS_KEY_ID', 'test'],
  ['AWS_SECRET_ACCESS_KEY', 'test'],
]

function settings({ url, notes }: Running): readonly Setting[] {
  const { credentialsPath, regions } = notes
  const region = regions[0] ?? 'us-east-1'
  return [
    ['AWS_ENDPOINT_URL', url],
    ['AWS_REGION', region],
    // The first version of the AWS CLI reads no other.
    ['AWS_DEFAULT_REGION', region],
    ...(credentialsPath === undefined
      ? ANY_CREDENTIALS
      : [['AWS_SHARED_CREDENTIALS_FILE', resolve(credentialsPath)] as const]),
  ]
}

function nature({ mode, dataDirectory }: Config, { account }: Running['notes']): string {
  if (mode === 'serve') return `account ${account}, data in ${dataDirectory}`
  return `account ${account}, any credentials do, ${dataDirectory === undefined ? 'nothing is kept' : `data in ${dataDirectory}`}`
}

function created({ mode, dataDirectory }: Config, { isFirstStart }: Running['notes']): readonly string[] {
  if (mode === 'dev' || !isFirstStart) return []
  return [
    `Created in ${dataDirectory}: the root key (root.key) and the account's root access key (credentials).`,
    'Keep a copy of root.key elsewhere: without it nothing can be decrypted, with it everything can.',
    '',
  ]
}

/** What a person is shown when Trent is ready: where it is, and what to type next. */
export function welcome(config: Config, running: Running): string {
  const commands = [
    ...settings(running).map(settingLine),
    running.notes.isFirstStart ? 'aws kms create-key' : 'aws kms list-keys',
  ]
  const lines = [
    `Trent listens at ${running.url} (${nature(config, running.notes)}).`,
    '',
    ...created(config, running.notes),
    'Try, in another terminal:',
    ...commands.map((line) => `  ${line}`),
    '',
    'Ctrl-C stops it.',
  ]
  return `${lines.join('\n')}\n`
}
