import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ran, temporaryDirectory } from './trent.ts'

const COMMANDS = [
  [],
  ['dev'],
  ['serve'],
  ['keys'],
  ['keys', 'list'],
  ['keys', 'create'],
  ['keys', 'describe'],
  ['keys', 'enable'],
  ['keys', 'disable'],
  ['keys', 'schedule-deletion'],
  ['keys', 'cancel-deletion'],
  ['encrypt'],
  ['decrypt'],
  ['trail', 'verify'],
  ['services'],
  ['services', 'add'],
  ['services', 'list'],
  ['services', 'remove'],
  ['k8s'],
  ['kes'],
  ['run'],
  ['secrets', 'encrypt'],
  ['volume', 'format'],
  ['volume', 'open-key'],
  ['volume', 'rekey'],
  ['version'],
]
for (const command of COMMANDS)
  test(`the help of 'trent ${command.join(' ')}' gives an example`, async () => {
    using home = temporaryDirectory()
    const { code, stdout, stderr } = await ran([...command, '--help'], { home: home.path })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^Examples?:\n {2}\$ (\w+=\S+ |.*\| )?trent /m)
  })

const MISUSES = [
  [['dance'], "trent: unknown command 'dance'"],
  [['dev', '--dance'], "trent: unknown option '--dance'"],
  [['dev', '--port'], "trent: option '--port <port>' argument missing"],
  [['dev', '--port', 'many'], "trent: --port takes a number from 0 to 65535, not 'many'"],
  [['dev', '--port', '65536'], "trent: --port takes a number from 0 to 65535, not '65536'"],
  [['dev', '--account', '12'], "trent: --account takes 12 digits, not '12'"],
  [['dev', '--region', 'mars'], "trent: --region takes names such as us-east-1, not 'mars'"],
  [['dev', 'now'], "trent: too many arguments for 'dev'. Expected 0 arguments but got 1."],
  [['serve', '--region', 'mars'], "trent: --region takes names such as us-east-1, not 'mars'"],
  [['serve', '--tls-cert', 'chain.pem'], 'trent: --tls-cert and --tls-key go together'],
  [['serve', '--host', '0.0.0.0'], 'trent: 0.0.0.0 is not a loopback address'],
  [['keys', 'dance'], "trent: unknown command 'dance'"],
  [['trail', 'verify'], "trent: required option '--data <dir>' not specified"],
] as const
for (const [args, line] of MISUSES)
  test(`'trent ${args.join(' ')}' is refused with exit 2`, async () => {
    using home = temporaryDirectory()
    const { code, stdout, stderr } = await ran(args, { home: home.path })
    assert.equal(code, 2, stderr)
    assert.equal(stdout, '')
    assert.ok(stderr.startsWith(line), stderr)
  })
