import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { startTrent } from '../support/trent.ts'
import { cleanEnvironment, LAUNCHER, temporaryDirectory } from './trent.ts'

const execute = promisify(execFile)
const home = temporaryDirectory()
const trent = await startTrent('dev')
after(async () => {
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const DAY_MS = 86_400_000
const daysAgo = (days: number) =>
  trent.control('POST', '/_trent/clock', { set: new Date(Date.now() - days * DAY_MS).toISOString() })
const caller = { account: '111122223333' }

async function newKey(alias: string): Promise<string> {
  const { KeyMetadata } = await trent.ok('CreateKey', {}, caller)
  const { KeyId } = KeyMetadata as { readonly KeyId: string }
  await trent.ok('CreateAlias', { AliasName: `alias/${alias}`, TargetKeyId: KeyId }, caller)
  return KeyId
}
const use = (KeyId: string) => trent.ok('Encrypt', { KeyId, Plaintext: 'AAAA' }, caller)

// The record of uses began with the service: only of a key that was used before is more known. The clock puts it there.
await daysAgo(400)
const usedLongAgo = await newKey('used-long-ago')
const usedLately = await newKey('used-lately')
const leaving = await newKey('leaving')
await use(usedLongAgo)
await use(leaving)
await daysAgo(100)
await trent.ok('ScheduleKeyDeletion', { KeyId: leaving }, caller)
await daysAgo(10)
await use(usedLately)
await daysAgo(0)
const neverUsed = await newKey('never-used')

async function unused(...words: readonly string[]) {
  const env = { ...cleanEnvironment(home.path), AWS_ACCESS_KEY_ID: caller.account, AWS_SECRET_ACCESS_KEY: 'x' }
  const asked = execute(process.execPath, [LAUNCHER, 'keys', 'unused', '--endpoint-url', trent.url, ...words], { env })
  return asked.then(
    (done) => ({ ...done, code: 0 }),
    (failed: { readonly stdout: string; readonly stderr: string; readonly code: number }) => failed,
  )
}
type Used = { readonly KeyLastUsage: { readonly Timestamp: number } }
const idsIn = (stdout: string): readonly string[] => JSON.parse(stdout).map(({ KeyId }: { KeyId: string }) => KeyId)

test('keys unused lists what was not used for 90 days, but not what waits for its deletion', async () => {
  const { stdout } = await unused('--json')
  assert.deepEqual(idsIn(stdout), [usedLongAgo])
})

test('keys unused of fewer days lists what was used since', async () => {
  const { stdout } = await unused('--json', '--days', '9')
  assert.deepEqual(new Set(idsIn(stdout)), new Set([usedLongAgo, usedLately]))
})

test('keys unused tells the last use as GetKeyLastUsage does, or that there was none', async () => {
  const { stdout } = await unused('--days', '0')
  const { KeyLastUsage } = JSON.parse((await trent.kms('GetKeyLastUsage', { KeyId: usedLongAgo }, caller)).text) as Used
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  const line = lines.find(([id]) => id === usedLongAgo)
  assert.deepEqual(line?.slice(1), [
    'Enabled',
    'alias/used-long-ago',
    new Date(KeyLastUsage.Timestamp * 1_000).toISOString(),
  ])
  assert.match(lines.find(([id]) => id === neverUsed)?.[3] ?? '', /^never since /)
})

test('keys unused of an account without keys lists nothing', async () => {
  const { stdout } = await unused('--json', '--region', 'eu-west-1')
  assert.deepEqual(idsIn(stdout), [])
})

for (const days of ['-1', '1.5', 'many', '36501'])
  test(`keys unused --days ${days} is refused`, async () => {
    const { code, stderr } = await unused(`--days=${days}`)
    assert.equal(code, 2)
    assert.match(stderr, /--days takes a number/)
  })
