import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { parseCheckpoints } from '../../../src/trail/checkpoints/checkpoint.ts'
import { cleanEnvironment, LAUNCHER } from '../../cli/trent.ts'
import { allow, clientsOf, newUser } from '../../support/principals.ts'
import { trailEvents } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'

const execute = promisify(execFile)
const scratch = mkdtempSync(join(tmpdir(), 'trent-checkpoints-'))
after(() => rmSync(scratch, { recursive: true }))
const [data, file, secretFile, credentialsFile] = ['data', 'checkpoints', 'secret', 'other-credentials'].map((name) =>
  join(scratch, name),
) as [string, string, string, string]

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }
const trail = (...words: readonly string[]): Promise<Ended> =>
  execute(process.execPath, [LAUNCHER, 'trail', ...words], { env: cleanEnvironment(scratch) }).then(
    (done) => ({ ...done, code: 0 }),
    (failed) => failed,
  )

// A webhook, and another Trent with a user who may do nothing but put checkpoints.
const SECRET = 'a secret that both know'
writeFileSync(secretFile, `${SECRET}\n`)
const received: { readonly body: string; readonly signature: unknown }[] = []
const webhook = createServer(async (request, response) => {
  received.push({ body: await text(request), signature: request.headers['trent-signature'] })
  response.end('thanks')
})
await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))
after(() => webhook.close())
const parsePort = (address: unknown) => (address as AddressInfo).port
const other = await startTrent('serve')
after(() => other[Symbol.asyncDispose]())
{
  using root = clientsOf(other, other.credentials)
  const keeper = await newUser(root.iam, 'keeper', allow('trent:PutCheckpoint'))
  const lines = [`aws_access_key_id = ${keeper.accessKeyId}`, `aws_secret_access_key = ${keeper.secretAccessKey}`]
  writeFileSync(credentialsFile, `[default]\n${lines.join('\n')}\n`)
}

const options = {
  data,
  publishCheckpoints: [file, `http://127.0.0.1:${parsePort(webhook.address())}/hook`, `trent+${other.url}`],
  checkpointSecret: secretFile,
  checkpointCredentials: credentialsFile,
}

/** One run of the service with a few calls, stopped cleanly. */
async function run(calls: number): Promise<string> {
  await using trent = await startTrent('serve', options)
  for (let at = 0; at < calls; at += 1) await trent.ok('GenerateRandom', { NumberOfBytes: 8 })
  return trent.account
}
const account = await run(5)
await run(4)
const published = () => readFileSync(file, 'utf8').trimEnd().split('\n')
const events = await trailEvents(data)
const provable = events.filter(({ eventName }) => eventName === 'GenerateRandom').map(({ eventID }) => eventID)

test('a clean stop publishes what there was and the seal, in a form that is read again', () => {
  const checkpoints = parseCheckpoints(readFileSync(file, 'utf8'))
  assert.ok(Array.isArray(checkpoints))
  assert.ok(checkpoints.every(({ of }) => of === account))
  assert.equal(checkpoints.filter(({ sealed }) => sealed).length, 2)
  const [first] = checkpoints
  // Each begins where the one before ended.
  let after = first?.after ?? 0
  for (const checkpoint of checkpoints) {
    assert.equal(checkpoint.after, after)
    after = checkpoint.batch
  }
})

test('a webhook is told the same, signed with the secret that it knows', () => {
  assert.deepEqual(
    received.map(({ body }) => body),
    published(),
  )
  for (const { body, signature } of received) {
    const [, time = '', mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(signature)) ?? []
    assert.ok(Math.abs(Number(time) - Date.now() / 1_000) < 120)
    assert.equal(mac, createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'))
  }
})

test('another Trent is told the same, and its own trail holds it', async () => {
  const told = (await trailEvents(other.data ?? '')).filter(({ eventName }) => eventName === 'PutCheckpoint')
  assert.deepEqual(
    told.map(({ requestParameters }) => JSON.parse(JSON.stringify(requestParameters)).checkpoint),
    published(),
  )
  const exported = join(scratch, 'exported')
  const { stdout } = await trail('search', '--data', other.data ?? '', '--event', 'PutCheckpoint', '--json')
  writeFileSync(exported, stdout)
  const { code, stderr } = await trail('verify', '--data', data, '--checkpoints', exported)
  assert.equal(code, 0, stderr)
})

test('another Trent takes nothing that is no checkpoint, and from nobody without the right', async () => {
  const { controlCall } = await import('../../support/control.ts')
  const [line = ''] = published()
  for (const wrong of ['', 'text', '{"trent":"checkpoint"}', ` ${line}`, line.replace('"format":1', '"format":2')]) {
    const { status } = await controlCall(other, other.credentials, 'PutCheckpoint', { Checkpoint: wrong })
    assert.equal(status, 400, wrong)
  }
  using root = clientsOf(other, other.credentials)
  const stranger = await newUser(root.iam, 'stranger', allow('kms:*'))
  const { code } = await controlCall(other, stranger, 'PutCheckpoint', { Checkpoint: line })
  assert.equal(code, 'AccessDeniedException')
})

/** A copy of the trail alone, as an auditor may have it: no store, no keys. */
function copyOfTrail(name: string): string {
  const copy = join(scratch, name)
  cpSync(join(data, 'trail'), join(copy, 'trail'), { recursive: true })
  rmSync(join(copy, 'trail', 'lock'), { force: true })
  return copy
}
const lastSegment = (copy: string) => {
  const names = readdirSync(join(copy, 'trail')).filter((name) => name.endsWith('.jsonl'))
  return join(copy, 'trail', names.sort().at(-1) ?? '')
}

test('a copy of the trail alone verifies offline, with the checkpoints and without them', async () => {
  const copy = copyOfTrail('whole')
  for (const more of [[], ['--checkpoints', file], ['--checkpoints', file, '--of', account]]) {
    const { code, stdout, stderr } = await trail('verify', '--data', copy, ...more)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /Trail\s+ok/)
    // Without store and checkpoints nobody remembers where the end was, and that is said.
    assert.equal(/is told by --checkpoints alone/.test(stderr), more.length === 0)
  }
  assert.ok(!existsSync(join(copy, 'trent.db')), 'and it leaves nothing behind')
})

test('an end that was cut off at the end of a batch is found by the checkpoints, and not without them', async () => {
  const copy = copyOfTrail('cut')
  const path = lastSegment(copy)
  const lines = readFileSync(path, 'utf8').split('\n')
  const batches = lines.flatMap((line, index) => (line.startsWith('{"trent":"batch"') ? [index] : []))
  writeFileSync(path, `${lines.slice(0, (batches.at(-3) ?? 0) + 1).join('\n')}\n`)
  assert.equal((await trail('verify', '--data', copy)).code, 0)
  const { code, stdout } = await trail('verify', '--data', copy, '--checkpoints', file)
  assert.equal(code, 1)
  assert.match(stdout, /what was published at \S+, batch \d+ of segment 1, is missing/)
  truncateSync(path, statSync(path).size - 10)
  assert.equal((await trail('verify', '--data', copy, '--checkpoints', file)).code, 1)
})

test('an event is proved to be in the trail, to somebody who has the checkpoints alone', async () => {
  assert.equal(provable.length, 9)
  for (const [index, eventId] of provable.slice(1).entries()) {
    const proved = await trail('prove', eventId, '--data', data, '--checkpoints', file)
    assert.equal(proved.code, 0, proved.stderr)
    assert.ok(proved.stdout.length < 8_192, 'small')
    const proof = join(scratch, `proof-${index}`)
    writeFileSync(proof, proved.stdout)
    const checked = await trail('verify-proof', proof, '--checkpoints', file, '--json')
    assert.equal(checked.code, 0, checked.stderr)
    assert.equal(JSON.parse(checked.stdout).eventID, eventId)
    if (index > 2) break
  }
})

type ProofText = { batch: string[]; path: string[]; eventId: string; checkpoint: string }
const FORGERIES: readonly (readonly [what: string, forge: (proof: ProofText) => void, says: RegExp])[] = [
  [
    'another answer',
    (proof) => {
      proof.batch[0] = String(proof.batch[0]).replace('"readOnly":true', '"readOnly":false')
    },
    /its batch was changed/,
  ],
  [
    'another event',
    (proof) => {
      proof.eventId = '00000000-0000-4000-8000-000000000000'
    },
    /the event is not in its batch/,
  ],
  [
    'a checkpoint of its own',
    (proof) => {
      proof.checkpoint = proof.checkpoint.replace(/"root":"[0-9a-f]{64}/, `"root":"${'f'.repeat(64)}`)
    },
    /was not published|is no proof/,
  ],
  ['another path', (proof) => void proof.path.push('0'.repeat(64)), /not the one that was published/],
  ['no chain', (proof) => void proof.batch.pop(), /holds no whole batch/],
]
for (const [what, forge, says] of FORGERIES)
  test(`a proof with ${what} does not hold`, async () => {
    const { stdout } = await trail('prove', provable.at(-2) ?? '', '--data', data, '--checkpoints', file)
    const proof: ProofText = JSON.parse(stdout)
    forge(proof)
    const path = join(scratch, 'forged')
    writeFileSync(path, JSON.stringify(proof))
    const { code, stderr } = await trail('verify-proof', path, '--checkpoints', file)
    assert.equal(code, 1)
    assert.match(stderr, says)
  })

test('what was not published, and what is no file of checkpoints, is said', async () => {
  const unknown = '00000000-0000-4000-8000-000000000000'
  assert.match((await trail('prove', unknown, '--data', data, '--checkpoints', file)).stderr, /no checkpoint covers/)
  assert.match(
    (await trail('verify', '--data', data, '--checkpoints', secretFile)).stderr,
    /secret:1: this is no checkpoint/,
  )
  assert.match(
    (await trail('verify', '--data', data, '--checkpoints', '/nonexistent')).stderr,
    /cannot be read: ENOENT/,
  )
  const { stderr } = await trail('verify', '--data', data, '--checkpoints', file, '--of', '999999999999')
  assert.match(stderr, /has no checkpoints of that trail/)
})

test('a place that cannot be reached is told after the next start, and nobody waits for it', async () => {
  const late = join(scratch, 'directory', 'late')
  const own = { data: join(scratch, 'late-data'), publishCheckpoints: [late] }
  {
    await using trent = await startTrent('serve', own)
    await trent.ok('GenerateRandom', { NumberOfBytes: 8 })
  }
  assert.ok(!existsSync(late))
  cpSync(join(scratch, 'secret'), join(scratch, 'directory', 'placeholder'), { recursive: true })
  {
    await using trent = await startTrent('serve', own)
    await trent.ok('GenerateRandom', { NumberOfBytes: 8 })
  }
  const checkpoints = parseCheckpoints(readFileSync(late, 'utf8'))
  assert.ok(Array.isArray(checkpoints))
  const first = (await trailEvents(own.data)).find(({ eventName }) => eventName === 'GenerateRandom')
  const { code, stderr } = await trail('prove', first?.eventID ?? '', '--data', own.data, '--checkpoints', late)
  assert.equal(code, 0, stderr)
})

const INCOMPLETE = [
  [{ publishCheckpoints: ['https://example.com/hook'] }, /needs --checkpoint-secret/],
  [{ publishCheckpoints: ['trent+https://example.com'] }, /needs --checkpoint-credentials/],
  [{ publishCheckpoints: ['https://example.com'], checkpointSecret: '/nonexistent' }, /cannot be read: ENOENT/],
] as const
for (const [given, says] of INCOMPLETE)
  test(`the service does not start when ${says.source}`, async () => {
    await assert.rejects(startTrent('serve', { data: join(scratch, 'incomplete'), ...given }), says)
  })
