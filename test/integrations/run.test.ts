import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { contextOf, parseSecrets, sealedLine } from '../../src/integrations/run/secrets-file.ts'
import { ran, trent as start, temporaryDirectory } from '../cli/trent.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../support/principals.ts'
import { startTrent } from '../support/trent.ts'

const home = temporaryDirectory()
const trent = await startTrent('dev')
const root = clientsOf(trent, { accessKeyId: 'anybody', secretAccessKey: 'x' })
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})
const app = await newUser(root.iam, 'app', allow('kms:Decrypt'))
const { KeyMetadata } = await root.kms.send(new CreateKeyCommand({}))
const { KeyId = '' } = KeyMetadata ?? {}
const lines: string[] = []
for (const name of ['ONE', 'TWO']) {
  const { CiphertextBlob = new Uint8Array() } = await root.kms.send(
    new EncryptCommand({ KeyId, Plaintext: Buffer.from(`secret of ${name}`), EncryptionContext: contextOf(name, {}) }),
  )
  lines.push(sealedLine(name, CiphertextBlob))
}
writeFileSync(join(home.path, 'app.env'), lines.join('\n'))
const env = {
  AWS_ENDPOINT_URL: trent.url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: app.accessKeyId,
  AWS_SECRET_ACCESS_KEY: app.secretAccessKey,
}
const run = (...command: readonly string[]) =>
  ran(['run', '--secrets', 'app.env', '--', ...command], { home: home.path, env })

const PARSED = [
  ['A=1', { A: '1' }],
  ['# comment\n\n  export A = "x y" \r\nB=\'#\'', { A: 'x y', B: '#' }],
  ['A=', { A: '' }],
  ['A=b=c', { A: 'b=c' }],
  ['A="', { A: '"' }],
] as const
for (const [text, expected] of PARSED)
  test(`${JSON.stringify(text)} is read as dotenv reads it`, () => {
    const entries = parseSecrets(text)
    assert.ok(!('kind' in entries))
    assert.deepEqual(
      Object.fromEntries(entries.map((entry) => [entry.name, entry.kind === 'plain' ? entry.value : '?'])),
      expected,
    )
  })

const WRONG = [
  ['A', 1, 'NAME=value is expected'],
  ['=x', 1, 'NAME=value is expected'],
  ['\n1A=x', 2, 'NAME=value is expected'],
  ['A-B=x', 1, 'NAME=value is expected'],
  ['A=1\nA=2', 2, 'A is there already'],
  ['A=trent:v1:', 1, 'the ciphertext of A is not whole'],
  ['A=trent:v1:A B', 1, 'the ciphertext of A is not whole'],
] as const
for (const [text, line, message] of WRONG)
  test(`${JSON.stringify(text)} is refused: ${message}`, () => {
    assert.deepEqual(parseSecrets(text), { kind: 'problem', line, message })
  })

test('a program has its secrets, and they are nowhere else', async () => {
  const { code, stdout } = await run('sh', '-c', 'echo "$ONE, $TWO"')
  assert.deepEqual([code, stdout], [0, 'secret of ONE, secret of TWO\n'])
  for (const name of readdirSync(home.path, { recursive: true, withFileTypes: true }))
    if (name.isFile()) assert.ok(!readFileSync(join(name.parentPath, name.name)).includes('secret of'), name.name)
})

test('without the permission nothing starts; with it again the same command works', async () => {
  const put = (...statements: readonly object[]) =>
    root.iam.send(
      new PutUserPolicyCommand({ UserName: 'app', PolicyName: 'inline', PolicyDocument: policyText(...statements) }),
    )
  const before = readFileSync(join(home.path, 'app.env'))
  await put(deny('kms:Decrypt'))
  const { code, stdout, stderr } = await run('echo', 'started')
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^trent: ONE: AccessDeniedException: User: \S+app is not authorized to perform: kms:Decrypt/)
  assert.deepEqual(readFileSync(join(home.path, 'app.env')), before)
  await put(allow('kms:Decrypt'))
  assert.equal((await run('echo', 'started')).stdout, 'started\n')
})

test('a signal is the program’s, and so is the end', async () => {
  const script = 'trap "echo stopped; exit 5" TERM; echo Trent listens at http://x now; while :; do sleep 0.05; done'
  const running = start(['run', '--secrets', 'app.env', '--', 'sh', '-c', script], { home: home.path, env })
  await running.url
  running.kill('SIGTERM')
  const { code, stdout } = await running.ended
  assert.deepEqual([code, stdout.split('\n').at(-2)], [5, 'stopped'])
  const { code: killed } = await run('sh', '-c', 'kill -KILL $$')
  assert.equal(killed, 137)
})
