import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { startTrentProcess } from '../../scripts/trent-process.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples')
const { AWS_ENDPOINT_URL: _, ...withoutEndpoint } = process.env
/** The Node of the tests is the one that `node` means in them. */
const env = { ...withoutEndpoint, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
const isInstalled = spawnSync('aws', ['--version']).status === 0
const skip = isInstalled || process.env.CI === 'true' ? false : 'install: awscli'

const data = mkdtempSync(join(tmpdir(), 'trent-example-'))
after(() => rmSync(data, { recursive: true }))

const EXAMPLES = [
  [
    'separate-administrators-from-users.sh',
    'The administrator cannot use the key, and the user cannot administer it.\n',
  ],
  ['tenant-encryption-context.sh', "Red decrypts what is red's, and blue does not.\n"],
  ['cross-account-use.sh', 'One user of the other account uses the key, as long as its owner allows it.\n'],
  ['grant-for-a-worker.sh', 'The worker decrypts the job it has a grant for, and nothing before or after.\n'],
] as const
for (const [file, said] of EXAMPLES)
  test(`${file} holds what it says, with the AWS CLI`, { skip }, () => {
    const { status, stdout, stderr } = spawnSync('sh', [join(examples, file)], { encoding: 'utf8', env })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, said)
  })

const WITH_AND_WITHOUT = [
  'Decrypt with the access key alone is refused.',
  'Decrypt in a session without the code is refused.',
  'Decrypt in a session with the code succeeds.',
  'A session with the same code again is refused.',
  '',
].join('\n')

test('require-mfa.ts decrypts only after the second factor, with a Trent of its own', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(examples, 'require-mfa.ts')], {
    encoding: 'utf8',
    env,
  })
  assert.equal(status, 0, stderr)
  assert.equal(stdout, WITH_AND_WITHOUT)
})

test('require-mfa.ts works with a service that it is given, and leaves no user behind that would be in its way', async () => {
  await using trent = await startTrentProcess({ mode: 'serve', data })
  const given = {
    ...env,
    AWS_ENDPOINT_URL: trent.url,
    AWS_SHARED_CREDENTIALS_FILE: join(data, 'credentials'),
  }
  for (const _round of ['first', 'second']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(examples, 'require-mfa.ts')], {
      encoding: 'utf8',
      env: given,
    })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, WITH_AND_WITHOUT)
  }
})
