import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseCredentials } from '../../src/cli/credentials.ts'
import { allow, clientsOf, newUser } from '../support/principals.ts'
import { parseSession, play } from './session.ts'
import { cleanEnvironment, ROOT, ran, temporaryDirectory, trent } from './trent.ts'

const home = temporaryDirectory()
const service = trent(['serve', '--port', '0', '--data', 'data'], { home: home.path })
after(async () => {
  await service[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})
const url = await service.url
const credentials =
  parseCredentials(readFileSync(join(home.path, 'data', 'credentials'), 'utf8')) ?? assert.fail('no credentials')
using root = clientsOf({ url }, credentials)

const onlyTenant = { StringEquals: { 'kms:EncryptionContext:tenant': '42' } }
const dana = await newUser(
  root.iam,
  'dana',
  { ...allow('kms:Encrypt'), Condition: onlyTenant },
  allow('kms:GenerateDataKey'),
)
mkdirSync(join(home.path, '.aws'))
writeFileSync(
  join(home.path, '.aws', 'credentials'),
  `[dana]\naws_access_key_id = ${dana.accessKeyId}\naws_secret_access_key = ${dana.secretAccessKey}\n`,
)
const env = { AWS_ENDPOINT_URL: url }
const command = (...args: string[]) => ran(args, { home: home.path, env })
const asDana = (...args: string[]) => ran(args, { home: home.path, env: { ...env, AWS_PROFILE: 'dana' } })

const BLOCK = /^```console\n(.*?)^```$/gms

test('the sessions of docs/explain.md go as written', () => {
  const document = readFileSync(join(ROOT, 'docs', 'explain.md'), 'utf8')
  const words = new Map([['dana', dana.arn]])
  const shell = { cwd: home.path, env: { ...cleanEnvironment(home.path), ...env } }
  const sessions = [...document.matchAll(BLOCK)].map(([, text = '']) => text)
  assert.ok(sessions.length >= 3)
  for (const step of sessions.flatMap(parseSession)) {
    const { output, exitCode, differs } = play(step, words, shell)
    const place = `$ ${step.command}\n${output}\n`
    assert.equal(differs, undefined, place + differs)
    assert.equal(exitCode, step.exitCode, `${place}exit ${exitCode}`)
  }
})

test('a request id that was never given is told so, by the service and by the files', async () => {
  const unknown = '00000000-0000-4000-8000-000000000000'
  for (const more of [[], ['--data', 'data']]) {
    const { code, stderr } = await command('why', unknown, ...more)
    assert.equal(code, 1)
    assert.match(stderr, /request id 00000000-0000-4000-8000-000000000000 is recorded/)
  }
})

test('with --json the answers are those of the API', async () => {
  assert.equal((await command('keys', 'create', '--alias', 'alias/json')).code, 0)
  const { stdout, stderr } = await command('who-can', 'alias/json', 'PutKeyPolicy', '--json')
  const able = JSON.parse(stdout)
  assert.match(able[0].Principal, /:root$/, stderr)
  assert.deepEqual(able[0].Abilities[0].Actions, ['kms:PutKeyPolicy'])
})

test('without the right the commands fail and print nothing', async () => {
  writeFileSync(join(home.path, 'any.json'), '{}')
  const commands = [
    ['why', '00000000-0000-4000-8000-000000000000'],
    ['who-can', 'alias/none'],
    ['policy', 'test', 'alias/none', 'any.json'],
  ]
  for (const args of commands) {
    const { code, stdout, stderr } = await asDana(...args)
    assert.equal(code, 1, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, /^trent: AccessDeniedException: User: \S+dana is not authorized to perform: trent:/)
  }
})

test('what cannot be asked fails with a line for a person', async () => {
  const nowhere = ['--endpoint-url', 'http://127.0.0.1:9']
  const cases = [
    [['why', '1', ...nowhere], 1, /no answer from http:\/\/127\.0\.0\.1:9/],
    [['why', '1', '--data', 'missing'], 1, /the trail in missing cannot be read: ENOENT/],
    [['who-can', 'alias/app', 'kms:Nothing'], 1, /ValidationException: kms:Nothing is no action on keys/],
    [['policy', 'test', 'alias/app', 'missing.json'], 1, /missing\.json cannot be read: ENOENT/],
    [['policy', 'test', 'alias/app', 'any.json', '--limit', '0'], 2, /--limit takes a number from 1 to 1000/],
    [['policy', 'test', 'alias/app', 'any.json', '--limit', '1001'], 2, /--limit takes a number from 1 to 1000/],
  ] as const
  for (const [args, exit, line] of cases) {
    const { code, stderr } = await command(...args)
    assert.equal(code, exit, args.join(' '))
    assert.match(stderr, line)
  }
})
