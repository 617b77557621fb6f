import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import type { Evaluation } from '../../src/cli/compliance/evaluation.ts'
import { reportHtml } from '../../src/cli/compliance/html.ts'
import { createKey } from '../support/key.ts'
import { newAccount, startTrent } from '../support/trent.ts'
import { cleanEnvironment, LAUNCHER, temporaryDirectory } from './trent.ts'

const execute = promisify(execFile)
const home = temporaryDirectory()
const trent = await startTrent('dev', { data: 'temporary', auth: 'issued' })
after(async () => {
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const account = newAccount()
// More than one page of each.
const keys = await Promise.all(Array.from({ length: 130 }, () => createKey(trent, { account })))
const [rotating] = keys
await trent.ok('EnableKeyRotation', { KeyId: rotating?.KeyId }, { account })
const credentials = { accessKeyId: account, secretAccessKey: 'x' }
const iam = new IAMClient({ endpoint: trent.url, region: 'us-east-1', credentials })
await iam.send(new CreateUserCommand({ UserName: 'alice' }))

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }
async function compliance(accessKeyId: string, ...words: readonly string[]): Promise<Ended> {
  const env = { ...cleanEnvironment(home.path), AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: 'x' }
  const asked = execute(process.execPath, [LAUNCHER, 'compliance', '--endpoint-url', trent.url, ...words], { env })
  return asked.then(
    (done) => ({ ...done, code: 0 }),
    (failed) => failed,
  )
}

test('compliance tells what every rule finds, with why and how to mend it, and fails', async () => {
  const { code, stdout, stderr } = await compliance(account, '--json')
  assert.equal(code, 1)
  assert.match(stderr, /^trent: 260 found$/m)
  const { rules, trailHead, ...rest }: Evaluation = JSON.parse(stdout)
  assert.equal(rest.account, account)
  assert.match(trailHead?.Hash ?? '', /^[0-9a-f]{64}$/)
  const counts = new Map(
    rules.map(({ identifier, compliant, findingCount }) => [identifier, [compliant, findingCount]]),
  )
  assert.deepEqual(counts.get('CMK_BACKING_KEY_ROTATION_ENABLED'), [1, 129])
  assert.deepEqual(counts.get('KMS_KEY_POLICY_NO_PUBLIC_ACCESS'), [130, 0])
  assert.deepEqual(counts.get('KMS_KEY_TAGGED'), [0, 130])
  assert.deepEqual(counts.get('IAM_USER_MFA_ENABLED'), [0, 1])
})

test('compliance shows a line for each finding', async () => {
  const { stdout } = await compliance(account)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  assert.deepEqual(
    lines.find(([rule]) => rule === 'IAM_USER_MFA_ENABLED'),
    [
      'IAM_USER_MFA_ENABLED',
      `arn:aws:iam::${account}:user/alice`,
      'The user has no MFA device.',
      'Give it one: CreateVirtualMFADevice, then EnableMFADevice.',
    ],
  )
})

test('compliance writes a report that says what was checked, what was found, and where the trail ended', async () => {
  const path = join(home.path, 'report.html')
  const { stdout } = await compliance(account, '--report', path, '--json')
  const { trailHead }: Evaluation = JSON.parse(stdout)
  const html = readFileSync(path, 'utf8')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  for (const part of [
    account,
    trailHead?.Hash ?? '-',
    'CMK_BACKING_KEY_ROTATION_ENABLED',
    'Automatic rotation of the key is off.',
    'arn:aws:iam::',
  ])
    assert.ok(html.includes(part), part)
  assert.doesNotMatch(html, /<script|javascript:|\son\w+=|https?:\/\/(?!127\.0\.0\.1)/i)
})

test('compliance of an account without anything finds nothing and succeeds', async () => {
  const { code, stdout, stderr } = await compliance(newAccount())
  assert.deepEqual([code, stdout], [0, ''])
  assert.match(stderr, /21 rules, \d+ checks/)
})

test('compliance says where a report cannot be written', async () => {
  const { code, stderr } = await compliance(newAccount(), '--report', join(home.path, 'missing', 'report.html'))
  assert.equal(code, 1)
  assert.match(stderr, /report\.html cannot be written: ENOENT/)
})

test('what others named is text in a report', () => {
  const hostile = `<script>alert("1")</script>&'`
  const finding = {
    ResourceType: hostile,
    ResourceId: hostile,
    ResourceName: hostile,
    Compliance: 'NON_COMPLIANT',
    Why: hostile,
    Remedy: hostile,
  }
  const rule = {
    identifier: hostile,
    title: hostile,
    parameters: [hostile],
    compliant: 0,
    notApplicable: 0,
    findingCount: 2,
    findings: [finding],
  }
  const html = reportHtml({ account: hostile, region: hostile, begunAt: '', endedAt: '', rules: [rule] }, hostile)
  assert.doesNotMatch(html, /<script|alert\("/)
  assert.match(html, /1 more are not listed/)
})

test('a token that no page gave is refused', async () => {
  const body = JSON.stringify({ NextToken: 'WzksMF0' })
  const authorization = `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/trent/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
  const ask = (given: string) =>
    trent.send({
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'TrentControl.EvaluateCompliance',
        'x-amz-date': '20260101T000000Z',
        authorization,
      },
      body: given,
    })
  assert.equal((await ask(body)).status, 200)
  for (const NextToken of [
    'x',
    Buffer.from('[99,0,null]').toString('base64url'),
    Buffer.from('[-1,0]').toString('base64url'),
  ])
    assert.equal((await ask(JSON.stringify({ NextToken }))).status, 400)
})
