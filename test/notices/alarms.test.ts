import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import { configure, isMisconfiguration } from '../../src/config.ts'
import { trent as cli, temporaryDirectory } from '../cli/trent.ts'
import { cloudWatchOf } from '../support/cloudwatch.ts'
import { createKey } from '../support/key.ts'
import { claim, KMS_HEADERS, sign, startTrent, type TestTrent } from '../support/trent.ts'
import { openReceiver, type Received } from '../support/webhook.ts'

const SECRET = 'a secret that only two know'
const directory = await mkdtemp(join(tmpdir(), 'trent-alarms-'))
const secretPath = join(directory, 'secret')
await writeFile(secretPath, `${SECRET}\n`)
const receiver = await openReceiver()
const trent = await startTrent('dev', { alarmWebhook: receiver.url, alarmSecret: secretPath })
after(async () => {
  await trent[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

type Message = {
  readonly kind: string
  readonly key?: string
  readonly account: string
  readonly text: string
  readonly id: string
  readonly suppressed: number
}
const parse = ({ body }: Received): Message => JSON.parse(body)
/** All that was told about a key, once the newest event was looked at. */
async function toldAbout(key: string): Promise<readonly Message[]> {
  await settled()
  return receiver.received.map(parse).filter((message) => message.key === key)
}
const kindsAbout = async (key: string) => (await toldAbout(key)).map(({ kind }) => kind)

async function control(operation: string, input: object, account: string, of: TestTrent = trent) {
  const headers = { ...KMS_HEADERS, 'x-amz-target': `TrentControl.${operation}` }
  const { status, text } = await of.send(claim({ headers, body: JSON.stringify(input) }, account, undefined, 'trent'))
  return { status, answer: JSON.parse(text) }
}

/** A canary of its own account is used, and its message awaited: everything before it was looked at. */
let marks = 0
async function settled(): Promise<void> {
  marks += 1
  const account = String(880_000_000_000 + marks)
  const { Arn, KeyId } = await createKey(trent, { account }, { Tags: [{ TagKey: 'trent:canary', TagValue: '' }] })
  await trent.ok('Encrypt', { KeyId, Plaintext: 'YQ==' }, { account })
  const isThere = () => receiver.received.some((message) => parse(message).key === Arn)
  for (const end = Date.now() + 20_000; !isThere(); await delay(20)) assert.ok(Date.now() < end, 'no message came')
}

const travel = (advance: string) => trent.control('POST', '/_trent/clock', { advance })
const use = (KeyId: string, account: string) => trent.kms('Encrypt', { KeyId, Plaintext: 'YQ==' }, { account })
const accountOf = (n: number) => String(810_000_000_000 + n)

test('every message is signed over its time and its bytes, and names itself', async () => {
  await settled()
  for (const { headers, body } of receiver.received) {
    const [, time = '', mac] = /^t=(\d{10}),v1=([0-9a-f]{64})$/.exec(headers['trent-signature'] ?? '') ?? []
    assert.equal(mac, createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'))
    assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 120)
    assert.equal(headers['trent-delivery'], JSON.parse(body).id)
    assert.equal(headers['content-type'], 'application/json')
  }
})

test('the example of the page is what this signature is', async () => {
  const page = await readFile(new URL('../../docs/alarms.md', import.meta.url), 'utf8')
  const [, body = ''] = /```json\n(\{"version":1.*\})\n```/.exec(page) ?? []
  const [, secret = ''] = /secret `([^`]+)`/.exec(page) ?? []
  const [, time = '', mac] = /`t=(\d+),v1=([0-9a-f]{64})`/.exec(page) ?? []
  assert.equal(mac, createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'))
  const sent = receiver.received[0]?.body ?? ''
  assert.deepEqual(
    Object.keys(JSON.parse(body)).filter((name) => name !== 'key'),
    Object.keys(JSON.parse(sent)).filter((name) => name !== 'key'),
  )
})

test('a canary that is used or asked for in vain is told; one whose tag was taken away is not', async () => {
  const account = accountOf(1)
  const { KeyId, Arn } = await createKey(trent, { account })
  await use(KeyId, account)
  assert.deepEqual(await kindsAbout(Arn), [])
  await trent.ok('TagResource', { KeyId, Tags: [{ TagKey: 'trent:canary', TagValue: 'yes' }] }, { account })
  await use(KeyId, account)
  assert.deepEqual(await kindsAbout(Arn), ['canary-key'])
  await trent.ok('UntagResource', { KeyId, TagKeys: ['trent:canary'] }, { account })
  await travel('PT2H')
  await use(KeyId, account)
  assert.deepEqual(await kindsAbout(Arn), ['canary-key'])
})

test('the use of a disabled key and of one pending deletion is told', async () => {
  const account = accountOf(2)
  const { KeyId, Arn } = await createKey(trent, { account })
  await trent.ok('DisableKey', { KeyId }, { account })
  await use(KeyId, account)
  const [disabled, ...none] = await toldAbout(Arn)
  assert.deepEqual([disabled?.kind, none], ['unusable-key', []])
  assert.match(disabled?.text ?? '', /called Encrypt on the key .*, which is disabled\.$/)
  const going = await createKey(trent, { account })
  await trent.ok('ScheduleKeyDeletion', { KeyId: going.KeyId }, { account })
  await use(going.KeyId, account)
  const [pending] = await toldAbout(going.Arn)
  assert.match(pending?.text ?? '', /which is pending deletion\.$/)
})

test('the same is told once an hour, with how often it happened meanwhile', async () => {
  const account = accountOf(3)
  const { KeyId, Arn } = await createKey(trent, { account })
  await trent.ok('DisableKey', { KeyId }, { account })
  for (let n = 0; n < 30; n += 1) await use(KeyId, account)
  assert.equal((await toldAbout(Arn)).length, 1)
  await travel('PT61M')
  await use(KeyId, account)
  const told = await toldAbout(Arn)
  assert.deepEqual(
    told.map(({ suppressed }) => suppressed),
    [0, 29],
  )
})

test('a key learns its users for a day; later a new one is told once', async () => {
  const [owner, friend, stranger] = [accountOf(4), accountOf(5), accountOf(6)]
  const { KeyId, Arn } = await createKey(trent, { account: owner })
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }],
  })
  await trent.ok('PutKeyPolicy', { KeyId, Policy }, { account: owner })
  for (const account of [owner, friend]) assert.equal((await use(Arn, account)).status, 200)
  assert.deepEqual(await toldAbout(Arn), [])
  await travel('P1DT1M')
  for (const account of [owner, friend, stranger, stranger]) await use(Arn, account)
  const [told, ...rest] = await toldAbout(Arn)
  assert.deepEqual([told?.kind, rest], ['new-principal', []])
  assert.equal(told?.text, `arn:aws:iam::${stranger}:root used the key ${Arn} for the first time.`)
})

test('ten denials within five minutes are told once, nine are not, and slow ones are not', async () => {
  const [owner, caller, slow] = [accountOf(7), accountOf(8), accountOf(9)]
  const { Arn } = await createKey(trent, { account: owner })
  const burst = async (account: string) => {
    await settled()
    return receiver.received.map(parse).filter(({ kind, text }) => kind === 'denials' && text.includes(account))
  }
  for (let n = 0; n < 9; n += 1) assert.equal((await use(Arn, caller)).code, 'AccessDeniedException')
  assert.deepEqual(await burst(caller), [])
  for (let n = 0; n < 9; n += 1) await use(Arn, caller)
  assert.deepEqual(
    (await burst(caller)).map(({ text }) => text),
    [`arn:aws:iam::${caller}:root was denied 10 calls within 5 minutes.`],
  )
  for (let n = 0; n < 12; n += 1) {
    await use(Arn, slow)
    await travel('PT1M')
  }
  assert.deepEqual(await burst(slow), [])
})

test('the root user is told once a day', async () => {
  const account = accountOf(10)
  const told = async () => {
    await settled()
    return receiver.received.map(parse).filter((message) => message.kind === 'root-user' && message.account === account)
  }
  await trent.ok('ListKeys', {}, { account })
  await trent.ok('ListKeys', {}, { account })
  assert.deepEqual(
    (await told()).map(({ suppressed }) => suppressed),
    [0],
  )
  await travel('P1DT1H')
  await trent.ok('ListKeys', {}, { account })
  assert.deepEqual(
    (await told()).map(({ suppressed }) => suppressed),
    [0, 1],
  )
})

test('a webhook that fails gets the same message again until it takes it, and then what came after', async () => {
  const account = accountOf(11)
  const { KeyId, Arn } = await createKey(trent, { account }, { Tags: [{ TagKey: 'trent:canary', TagValue: '' }] })
  await settled()
  const before = receiver.received.length
  receiver.answerNext(500, 503)
  await use(KeyId, account)
  const messages = (await receiver.until(before + 3)).slice(before)
  const [first, second, third] = messages.map(parse)
  assert.equal(first?.key, Arn)
  assert.deepEqual([second, third], [first, first])
  assert.notEqual(messages[0]?.headers['trent-signature'], undefined)
  await settled()
  const ids = receiver.received.map(parse).map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length - 2, 'nothing but the failed message came again')
})

test('the feed has what was told, of the own account alone, the newest first and page by page', async () => {
  const account = accountOf(12)
  const { KeyId } = await createKey(trent, { account })
  await trent.ok('DisableKey', { KeyId }, { account })
  await use(KeyId, account)
  await settled()
  const { answer } = await control('ListAlarms', {}, account)
  assert.deepEqual(
    answer.Alarms.map(({ Kind }: { Kind: string }) => Kind),
    ['unusable-key', 'root-user'],
  )
  const [newest] = answer.Alarms
  assert.deepEqual([newest.EventName, newest.ErrorCode, newest.Source], ['Encrypt', 'DisabledException', '127.0.0.1'])
  const first = await control('ListAlarms', { Limit: 1 }, account)
  const second = await control('ListAlarms', { Limit: 1, NextToken: first.answer.NextToken }, account)
  assert.deepEqual([...first.answer.Alarms, ...second.answer.Alarms], answer.Alarms)
})

test('a test message is sent at once, and its answer told', async () => {
  const account = accountOf(13)
  assert.deepEqual((await control('TestAlarm', {}, account)).answer, { Delivered: true })
  assert.ok(receiver.received.map(parse).some((message) => message.kind === 'test' && message.account === account))
  receiver.answerNext(418)
  assert.deepEqual((await control('TestAlarm', {}, account)).answer, { Delivered: false, Reason: 'it answered 418' })
})

test('a metric alarm that changes its state is a message, unless its actions are off', async () => {
  const account = accountOf(15)
  const client = cloudWatchOf(trent, { accessKeyId: account, secretAccessKey: 'x' })
  const rule = {
    Namespace: 'Trent',
    MetricName: 'Requests',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
  } as const
  const put = (AlarmName: string, ActionsEnabled: boolean) =>
    client.send(
      new PutMetricAlarmCommand({
        ...rule,
        AlarmName,
        ActionsEnabled,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    )
  await put('loud', true)
  await put('silent', false)
  await travel('PT1M')
  await settled()
  const told = receiver.received.map(parse).filter((message) => message.kind === 'metric-alarm')
  assert.equal(told.length, 1)
  assert.equal(told[0]?.account, account)
  assert.match(
    told[0]?.text ?? '',
    /^The alarm loud went from INSUFFICIENT_DATA to ALARM\. Threshold Crossed: 1 datapoint \[\d\.0\] was greater than the threshold \(0\.0\)\.$/,
  )
  client.destroy()
})

test('trent alarms lists what was told, and sends a test', async () => {
  const account = accountOf(14)
  await trent.ok('ListKeys', {}, { account })
  await settled()
  using home = temporaryDirectory()
  const env = { AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: 'x', AWS_ENDPOINT_URL: trent.url }
  const run = (...args: readonly string[]) => cli(['alarms', ...args], { home: home.path, env }).ended
  const listed = await run('list')
  assert.deepEqual([listed.code, listed.stderr], [0, ''])
  assert.match(
    listed.stdout,
    /\troot-user\tThe root user of account 810000000014 called ListKeys from 127\.0\.0\.1\.\n$/,
  )
  assert.equal((await run('test')).stdout, 'The webhook took the message.\n')
  receiver.answerNext(500)
  const failed = await run('test')
  assert.deepEqual([failed.code, failed.stderr], [1, 'trent: the webhook did not take the message: it answered 500\n'])
  assert.equal((await run('list', '--limit', '0')).code, 2)
})

test('without --alarms there is no feed', async () => {
  await using plain = await startTrent('dev')
  const { answer } = await control('ListAlarms', {}, '111111111111', plain)
  assert.equal(answer.__type, 'UnsupportedOperationException')
})

for (const [what, options, message] of [
  [
    'a webhook without a secret',
    { alarmWebhook: 'https://a.example' },
    '--alarm-webhook and --alarm-secret go together',
  ],
  ['a secret without a webhook', { alarmSecret: 'f' }, '--alarm-webhook and --alarm-secret go together'],
  ['a webhook in the clear', { alarmWebhook: 'http://a.example', alarmSecret: 'f' }, /takes an https URL/],
  ['a webhook with a password', { alarmWebhook: 'https://u:p@a.example', alarmSecret: 'f' }, /takes an https URL/],
  ['a webhook that is no URL', { alarmWebhook: 'a.example', alarmSecret: 'f' }, /takes an https URL/],
] as const)
  test(`${what} is refused`, () => {
    const config = configure('serve', options)
    assert.ok(isMisconfiguration(config))
    if (typeof message === 'string') assert.equal(config.message, message)
    else assert.match(config.message, message)
  })

test('a secret that is too short keeps the service from starting', async () => {
  const short = join(directory, 'short')
  await writeFile(short, 'fifteen bytes..\n')
  await assert.rejects(startTrent('dev', { alarmWebhook: receiver.url, alarmSecret: short }), /has 16 to 1024 bytes/)
})

test('serve: what was in the trail before is no news, what the webhook missed comes after a restart, and nothing twice', async () => {
  const data = await mkdtemp(join(directory, 'data-'))
  const rootCall = (of: TestTrent) => of.ok('ListKeys')
  {
    await using first = await startTrent('serve', { data })
    await rootCall(first)
    const { KeyId } = (await first.ok('CreateKey', { Tags: [{ TagKey: 'trent:canary', TagValue: '' }] })).KeyMetadata
    await writeFile(join(directory, 'canary'), KeyId)
  }
  const KeyId = await readFile(join(directory, 'canary'), 'utf8')
  await using own = await openReceiver()
  const options = { data, alarmWebhook: own.url, alarmSecret: secretPath }
  {
    await using second = await startTrent('serve', options)
    await own.until(0)
    await delay(2_500)
    assert.deepEqual(own.received, [], 'the root user of before is no news')
    own.answerNext(500)
    await second.ok('Encrypt', { KeyId, Plaintext: 'YQ==' })
    await own.until(1)
  }
  await using third = await startTrent('serve', options)
  const isTold = () => own.received.map(parse).filter(({ kind }) => kind === 'canary-key').length >= 2
  for (const end = Date.now() + 20_000; !isTold(); await delay(50)) assert.ok(Date.now() < end)
  await third.ok('ListKeys')
  await delay(2_500)
  const ids = own.received.map(parse).map(({ id }) => id)
  assert.equal(ids.length, new Set(ids).size + 1, `only the refused one came again: ${ids}`)
  const headers = { ...KMS_HEADERS, 'x-amz-target': 'TrentControl.ListAlarms' }
  const listed = await third.send(sign(third.url, { headers, body: '{}' }, third.credentials, { service: 'trent' }))
  const kinds = JSON.parse(listed.text).Alarms.map(({ Kind }: { Kind: string }) => Kind)
  assert.deepEqual(kinds.sort(), ['canary-key', 'root-user'])
})
