import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'

const examples = join(import.meta.dirname, '..', '..', 'examples')
const { AWS_ENDPOINT_URL: _, ...withoutEndpoint } = process.env
/** The Node of the tests is the one that `node` means in them. */
const env = { ...withoutEndpoint, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
const isInstalled = spawnSync('aws', ['--version']).status === 0
const skip = isInstalled || process.env.CI === 'true' ? false : 'install: awscli'

const EXAMPLES = [
  [
    'separate-administrators-from-users.sh',
    'The administrator cannot use the key, and the user cannot administer it.\n',
  ],
  ['tenant-encryption-context.sh', "Red decrypts what is red's, and blue does not.\n"],
] as const
for (const [file, said] of EXAMPLES)
  test(`${file} holds what it says, with the AWS CLI`, { skip }, () => {
    const { status, stdout, stderr } = spawnSync('sh', [join(examples, file)], { encoding: 'utf8', env })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, said)
  })
