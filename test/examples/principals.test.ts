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

test('the example separates administrators from users, with the AWS CLI', { skip }, () => {
  const script = join(examples, 'separate-administrators-from-users.sh')
  const { status, stdout, stderr } = spawnSync('sh', [script], { encoding: 'utf8', env })
  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'The administrator cannot use the key, and the user cannot administer it.\n')
})
