import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Answer, refusedWith, succeeded } from '../../support/answer.ts'
import { eventsOf } from '../../support/trail.ts'
import { newAccount, startTrent, type TestTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
after(() => trent[Symbol.asyncDispose]())

type LastUse = {
  readonly KeyId: string
  readonly KeyLastUsage?: {
    readonly Operation: string
    readonly Timestamp: number
    readonly CloudTrailEventId: string
    readonly KmsRequestId: string
  }
  readonly TrackingStartDate: number
  readonly KeyCreationDate: number
}

const parseLastUse = (answer: Answer): LastUse => {
  succeeded(answer)
  return JSON.parse(answer.text) as LastUse
}

function home(running: TestTrent = trent) {
  const caller = { account: newAccount() }
  const call = (operation: string, input: object = {}) => running.kms(operation, input, caller)
  const made = async (input: object = {}) => (await running.ok('CreateKey', input, caller)).KeyMetadata
  const last = async (KeyId: string) => parseLastUse(await call('GetKeyLastUsage', { KeyId }))
  return { call, made, last }
}

test('a key that was never used says since when that is known', async () => {
  const { made, last, call } = home()
  const { KeyId, Arn, CreationDate } = await made()
  await call('DescribeKey', { KeyId })
  await call('Encrypt', { KeyId, Plaintext: 'YQ==', DryRun: true })
  refusedWith(
    await call('Sign', { KeyId, Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }),
    'InvalidKeyUsageException',
  )
  assert.deepEqual(await last(KeyId), { KeyId: Arn, TrackingStartDate: CreationDate, KeyCreationDate: CreationDate })
})

test('the last use has the operation, the whole second, the event and the request', async () => {
  const { made, last, call } = home()
  const { KeyId, Arn } = await made()
  await call('Encrypt', { KeyId, Plaintext: 'YQ==' })
  const used = await call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
  refusedWith(await call('Decrypt', { CiphertextBlob: 'YQ==' }), 'InvalidCiphertextException')
  const [event = assert.fail()] = await eventsOf(trent.data ?? '', used.requestId)
  const { KeyLastUsage } = await last(Arn)
  assert.deepEqual(KeyLastUsage, {
    Operation: 'GenerateDataKey',
    Timestamp: Date.parse(String(event.eventTime)) / 1000,
    CloudTrailEventId: event.eventID,
    KmsRequestId: used.requestId,
  })
})

test('ReEncrypt is a use of both keys', async () => {
  const { made, last, call } = home()
  const [from, to] = [await made(), await made()]
  const { CiphertextBlob } = (await call('Encrypt', { KeyId: from.KeyId, Plaintext: 'YQ==' })).output
  const { requestId } = await call('ReEncrypt', { CiphertextBlob, DestinationKeyId: to.KeyId })
  for (const { KeyId } of [from, to]) {
    const { KeyLastUsage } = await last(KeyId)
    assert.deepEqual([KeyLastUsage?.Operation, KeyLastUsage?.KmsRequestId], ['ReEncrypt', requestId])
  }
})

test('an alias and a key that is not there are refused', async () => {
  const { call } = home()
  refusedWith(await call('GetKeyLastUsage', { KeyId: 'alias/a' }), 'InvalidArnException')
  refusedWith(await call('GetKeyLastUsage', { KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab' }), 'NotFoundException')
})

test('a key that waits for its deletion still tells its last use', async () => {
  const { made, last, call } = home()
  const { KeyId } = await made()
  await call('Encrypt', { KeyId, Plaintext: 'YQ==' })
  await call('ScheduleKeyDeletion', { KeyId })
  assert.equal((await last(KeyId)).KeyLastUsage?.Operation, 'Encrypt')
})

test('last uses are there after a clean stop', async () => {
  const first = await startTrent('dev', { data: 'temporary' })
  const { call, made } = home(first)
  const { Arn } = await made()
  const used = await call('Encrypt', { KeyId: Arn, Plaintext: 'YQ==' })
  await first.close()
  const second = await startTrent('dev', { data: first.data ?? '' })
  const again = await second.kms('GetKeyLastUsage', { KeyId: Arn }, { account: Arn.split(':')[4] ?? '' })
  assert.equal(parseLastUse(again).KeyLastUsage?.KmsRequestId, used.requestId)
  await second.close()
  await first[Symbol.asyncDispose]()
})

test('every acknowledged use is there after each of three kills', async () => {
  const data = mkdtempSync(join(tmpdir(), 'trent-usage-'))
  const script = join(import.meta.dirname, '../../support/use-until-killed.ts')
  let known: readonly string[] = []
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, [script, data], { stdio: ['ignore', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (Buffer.concat(chunks).toString().split('\n').length > 20) child.kill('SIGKILL')
    })
    await once(child, 'close')
    // A line that was cut off in the middle was not acknowledged to anybody; the last use of each key counts.
    known = [...known, ...Buffer.concat(chunks).toString().split('\n').slice(0, -1)]
    assert.ok(known.length >= 20 * (round + 1) - 1)
  }
  const expected = new Map(known.map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']))
  const acknowledged = new Set(known.map((line) => line.split(' ')[1] ?? ''))
  const running = await startTrent('dev', { data })
  for (const [arn, requestId] of expected) {
    const again = await running.kms('GetKeyLastUsage', { KeyId: arn }, { account: arn.split(':')[4] ?? '' })
    const found = parseLastUse(again).KeyLastUsage?.KmsRequestId ?? assert.fail('the use is lost')
    // One more may have become durable that nobody was told of any more.
    assert.ok(found === requestId || !acknowledged.has(found), `${arn} tells an older use`)
  }
  await running.close()
  rmSync(data, { recursive: true })
})
