import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListKeyRotationsCommand,
  type ListKeyRotationsCommandInput,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { trailEvents } from '../../support/trail.ts'
import { REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const kms = new KMSClient({ endpoint: trent.url, region: REGION, credentials: trent.credentials })
after(async () => {
  kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const DAY_MS = 86_400_000
const travel = async (order: object): Promise<void> => {
  const answer = await trent.control('POST', '/_trent/clock', order)
  assert.equal(answer.status, 200, answer.text)
}
const advance = (duration: string) => travel({ advance: duration })
const travelTo = (time: number) => travel({ set: new Date(time).toISOString() })

async function newKey(input: CreateKeyCommandInput = {}) {
  const { KeyMetadata = assert.fail() } = await kms.send(new CreateKeyCommand(input))
  const { KeyId = assert.fail(), Arn = assert.fail(), CurrentKeyMaterialId: materialId } = KeyMetadata
  return { KeyId, Arn, materialId }
}

const enable = (KeyId: string, RotationPeriodInDays?: number) =>
  kms.send(new EnableKeyRotationCommand({ KeyId, ...(RotationPeriodInDays ? { RotationPeriodInDays } : {}) }))
const onDemand = (KeyId: string) => kms.send(new RotateKeyOnDemandCommand({ KeyId }))

async function status(KeyId: string) {
  const { $metadata: _, ...answer } = await kms.send(new GetKeyRotationStatusCommand({ KeyId }))
  return answer
}

async function rotations(KeyId: string, input: Partial<ListKeyRotationsCommandInput> = {}) {
  const { Rotations = assert.fail() } = await kms.send(new ListKeyRotationsCommand({ KeyId, ...input }))
  return Rotations
}

const dates = async (KeyId: string) => (await rotations(KeyId)).map(({ RotationDate }) => Number(RotationDate))
/** Time goes on while a rotation is made: it bears the moment after its date, never one before it. */
async function rotatedOn(KeyId: string, ...expected: readonly number[]): Promise<void> {
  const late = (await dates(KeyId)).map((date, index) => date - (expected[index] ?? Number.NaN))
  assert.equal(late.length, expected.length)
  assert.ok(
    late.every((ms) => ms >= 0 && ms < 5_000),
    String(late),
  )
}

const nextDate = async (KeyId: string) => Number((await status(KeyId)).NextRotationDate)
const currentMaterial = async (KeyId: string) =>
  (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId
const encrypted = async (KeyId: string) => {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('text') }))
  return CiphertextBlob ?? assert.fail()
}

const refused = (call: Promise<unknown>, name: string, message?: string | RegExp) =>
  assert.rejects(call, { name, ...(message === undefined ? {} : { message }) })

for (const days of [undefined, 90, 2560])
  test(`rotation with a period of ${days ?? 'no'} days is read back, with the date of the first`, async () => {
    const { KeyId, Arn } = await newKey()
    assert.deepEqual(await status(KeyId), { KeyId: Arn, KeyRotationEnabled: false })
    const before = Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now)
    await enable(KeyId, days)
    const { NextRotationDate, ...rest } = await status(Arn)
    assert.deepEqual(rest, { KeyId: Arn, KeyRotationEnabled: true, RotationPeriodInDays: days ?? 365 })
    const late = Number(NextRotationDate) - before - (days ?? 365) * DAY_MS
    assert.ok(late >= -1 && late < 60_000, String(late))
  })

for (const days of [89, 2561, 1, -90])
  test(`a period of ${days} days is refused and changes nothing`, async () => {
    const { KeyId, Arn } = await newKey()
    const bound = days < 90 ? 'greater than or equal to 90' : 'less than or equal to 2560'
    const message = `1 validation error detected: Value '${days}' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value ${bound}`
    await refused(enable(KeyId, days), 'ValidationException', message)
    assert.deepEqual(await status(KeyId), { KeyId: Arn, KeyRotationEnabled: false })
  })

test('a key rotates on its date and not before', async () => {
  const { KeyId, materialId } = await newKey()
  await enable(KeyId, 90)
  const due = await nextDate(KeyId)
  await travelTo(due - 60_000)
  assert.deepEqual([await dates(KeyId), await currentMaterial(KeyId)], [[], materialId])
  await travelTo(due)
  await rotatedOn(KeyId, due)
  assert.notEqual(await currentMaterial(KeyId), materialId)
  assert.equal(await nextDate(KeyId), due + 90 * DAY_MS)
})

test('several periods of one journey are so many rotations, each at its own time', async () => {
  const { KeyId, materialId } = await newKey()
  await enable(KeyId, 100)
  const first = await nextDate(KeyId)
  await travelTo(first + 350 * DAY_MS)
  const made = await rotations(KeyId)
  await rotatedOn(KeyId, ...[0, 100, 200, 300].map((days) => first + days * DAY_MS))
  assert.ok(made.every(({ RotationType }) => RotationType === 'AUTOMATIC'))
  assert.equal(new Set([materialId, ...made.map(({ KeyMaterialId }) => KeyMaterialId)]).size, 5)
  assert.equal(made.at(-1)?.KeyMaterialId, await currentMaterial(KeyId))
  assert.equal(await nextDate(KeyId), first + 400 * DAY_MS)
})

test('enabling again changes the period and counts from then', async () => {
  const { KeyId } = await newKey()
  await enable(KeyId, 90)
  const first = await nextDate(KeyId)
  await travelTo(first - DAY_MS)
  await enable(KeyId, 200)
  const next = await nextDate(KeyId)
  assert.ok(Math.abs(next - (first - DAY_MS + 200 * DAY_MS)) < 60_000)
  await travelTo(next - 60_000)
  assert.deepEqual(await dates(KeyId), [])
  await travelTo(next)
  await rotatedOn(KeyId, next)
})

test('disabling rotation ends it, twice over, and keeps the materials; enabling counts anew', async () => {
  const { KeyId, Arn } = await newKey()
  await enable(KeyId, 90)
  const first = await nextDate(KeyId)
  await travelTo(first)
  for (let times = 0; times < 2; times++) await kms.send(new DisableKeyRotationCommand({ KeyId }))
  assert.deepEqual(await status(KeyId), { KeyId: Arn, KeyRotationEnabled: false })
  await travelTo(first + 400 * DAY_MS)
  await rotatedOn(KeyId, first)
  await enable(KeyId, 90)
  assert.ok(Math.abs((await nextDate(KeyId)) - (first + 490 * DAY_MS)) < 60_000)
})

test('what each material encrypted decrypts after three rotations, and names the material that made it', async () => {
  const { KeyId, Arn, materialId } = await newKey()
  await enable(KeyId, 90)
  const materials = [materialId]
  const ciphertexts = [await encrypted(KeyId)]
  for (let round = 1; round <= 3; round++) {
    await travelTo(await nextDate(KeyId))
    materials.push(await currentMaterial(KeyId))
    ciphertexts.push(await encrypted(KeyId))
  }
  assert.equal(new Set(materials).size, 4)
  for (const [index, CiphertextBlob] of ciphertexts.entries()) {
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
    assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'text')
    assert.deepEqual([opened.KeyId, opened.KeyMaterialId], [Arn, materials[index]])
  }
  const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))
  assert.equal(dataKey.KeyMaterialId, materials[3])
})

test('a disabled key keeps its schedule and does not rotate; enabled too late it rotates at once, then every period', async () => {
  const { KeyId, Arn, materialId } = await newKey()
  await enable(KeyId, 90)
  const first = await nextDate(KeyId)
  await kms.send(new DisableKeyCommand({ KeyId }))
  await travelTo(first + 10 * DAY_MS)
  await refused(enable(KeyId, 100), 'DisabledException', `${Arn} is disabled.`)
  await refused(kms.send(new DisableKeyRotationCommand({ KeyId })), 'DisabledException', `${Arn} is disabled.`)
  const shown = await status(KeyId)
  assert.deepEqual([shown.KeyRotationEnabled, shown.RotationPeriodInDays], [true, 90])
  assert.deepEqual([await dates(KeyId), await currentMaterial(KeyId)], [[], materialId])
  await kms.send(new EnableKeyCommand({ KeyId }))
  const [rotatedAt = 0, ...more] = await dates(KeyId)
  assert.deepEqual(more, [])
  assert.ok(rotatedAt >= first + 10 * DAY_MS && rotatedAt < first + 10 * DAY_MS + 60_000)
  assert.notEqual(await currentMaterial(KeyId), materialId)
  const next = await nextDate(KeyId)
  assert.ok(Math.abs(next - rotatedAt - 90 * DAY_MS) < 1_000)
  await travelTo(next)
  await rotatedOn(KeyId, rotatedAt, next)
})

test('a key enabled before its date keeps the date', async () => {
  const { KeyId } = await newKey()
  await enable(KeyId, 90)
  const first = await nextDate(KeyId)
  await kms.send(new DisableKeyCommand({ KeyId }))
  await advance('P30D')
  await kms.send(new EnableKeyCommand({ KeyId }))
  assert.equal(await nextDate(KeyId), first)
  await travelTo(first)
  await rotatedOn(KeyId, first)
})

test('a key pending deletion says that it does not rotate, does not, and comes back with its schedule', async () => {
  const { KeyId, Arn, materialId } = await newKey()
  await enable(KeyId, 90)
  const first = await nextDate(KeyId)
  await travelTo(first - 2 * DAY_MS)
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
  assert.deepEqual(await status(KeyId), { KeyId: Arn, KeyRotationEnabled: false })
  const pending = `${Arn} is pending deletion.`
  await refused(enable(KeyId), 'KMSInvalidStateException', pending)
  await refused(onDemand(KeyId), 'KMSInvalidStateException', pending)
  await travelTo(first + DAY_MS)
  assert.equal(await currentMaterial(KeyId), materialId)
  await kms.send(new CancelKeyDeletionCommand({ KeyId }))
  const restored = await status(KeyId)
  assert.deepEqual([restored.KeyRotationEnabled, restored.RotationPeriodInDays], [true, 90])
  assert.deepEqual(await dates(KeyId), [])
  await kms.send(new EnableKeyCommand({ KeyId }))
  assert.equal((await dates(KeyId)).length, 1)
})

test('a rotation on demand answers the ARN, is done, and leaves the schedule alone', async () => {
  const { KeyId, Arn, materialId } = await newKey()
  await enable(KeyId, 90)
  const before = await status(KeyId)
  const blob = await encrypted(KeyId)
  assert.equal((await onDemand(KeyId)).KeyId, Arn)
  assert.deepEqual(await status(KeyId), before)
  const [made, ...more] = await rotations(KeyId)
  const { RotationDate, ...entry } = made ?? assert.fail()
  const current = await currentMaterial(KeyId)
  assert.notEqual(current, materialId)
  assert.deepEqual(entry, { KeyId, KeyMaterialId: current, KeyMaterialState: 'CURRENT', RotationType: 'ON_DEMAND' })
  assert.ok(RotationDate instanceof Date)
  assert.deepEqual(more, [])
  assert.equal((await kms.send(new DecryptCommand({ CiphertextBlob: blob }))).KeyMaterialId, materialId)
})

test('the 26th rotation on demand is refused, and automatic ones neither count nor stop', async () => {
  const { KeyId, Arn } = await newKey()
  await enable(KeyId, 90)
  for (let count = 0; count < 25; count++) await onDemand(KeyId)
  const message = `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${Arn}`
  await refused(onDemand(KeyId), 'LimitExceededException', message)
  await travelTo(await nextDate(KeyId))
  assert.equal((await rotations(KeyId)).length, 26)
  await refused(onDemand(KeyId), 'LimitExceededException', message)
})

test('no rotation begins on demand within 20 minutes of an automatic one', async () => {
  const { KeyId } = await newKey()
  await enable(KeyId, 90)
  const due = await nextDate(KeyId)
  await travelTo(due - 1_150_000)
  await refused(onDemand(KeyId), 'ConflictException')
  assert.deepEqual(await dates(KeyId), [])
  await travelTo(due)
  await onDemand(KeyId)
  assert.equal((await dates(KeyId)).length, 2)
})

test('rotations on demand that are asked for at once are each done or refused, and none is counted for nothing', async () => {
  const { KeyId } = await newKey()
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => onDemand(KeyId)))
  const refusals = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason.name] : []))
  assert.ok(
    refusals.every((name) => name === 'ConflictException'),
    String(refusals),
  )
  assert.equal((await rotations(KeyId)).length, 6 - refusals.length)
  assert.equal((await status(KeyId)).OnDemandRotationStartDate, undefined)
})

test('a disabled key is not rotated on demand', async () => {
  const { KeyId, Arn } = await newKey()
  await kms.send(new DisableKeyCommand({ KeyId }))
  await refused(onDemand(KeyId), 'DisabledException', `${Arn} is disabled.`)
})

for (const [input, kind] of [
  [{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'an HMAC key'],
  [{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, 'a key pair'],
] as const)
  test(`${kind} does not rotate, says so, and refuses the rest without a message`, async () => {
    const { KeyId, Arn } = await newKey(input)
    assert.deepEqual(await status(KeyId), { KeyId: Arn, KeyRotationEnabled: false })
    for (const operation of ['EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand', 'ListKeyRotations']) {
      const answer = await trent.kms(operation, { KeyId }, { account: trent.credentials.accessKeyId })
      assert.equal(answer.text, '{"__type":"UnsupportedOperationException"}', operation)
    }
  })

test('ListKeyRotations pages through rotations, oldest first', async () => {
  const { KeyId } = await newKey()
  for (let count = 0; count < 5; count++) await onDemand(KeyId)
  const all = (await rotations(KeyId)).map(({ KeyMaterialId }) => KeyMaterialId)
  assert.equal(all.length, 5)
  const paged: (string | undefined)[] = []
  let Marker: string | undefined
  for (const size of [2, 2, 1]) {
    const page = await kms.send(new ListKeyRotationsCommand({ KeyId, Limit: 2, Marker }))
    assert.deepEqual([page.Rotations?.length, page.Truncated], [size, size === 2])
    paged.push(...(page.Rotations ?? []).map(({ KeyMaterialId }) => KeyMaterialId))
    Marker = page.NextMarker
  }
  assert.deepEqual([paged, Marker], [all, undefined])
})

test('a marker that is none, or of another key, is refused', async () => {
  const { KeyId } = await newKey()
  const other = await newKey()
  for (const id of [other.KeyId, other.KeyId]) await onDemand(id)
  const { NextMarker } = await kms.send(new ListKeyRotationsCommand({ KeyId: other.KeyId, Limit: 1 }))
  assert.ok(NextMarker)
  for (const Marker of [NextMarker, 'nonsense', '?', Buffer.from('0'.repeat(64), 'utf16le').toString('base64url')])
    await refused(kms.send(new ListKeyRotationsCommand({ KeyId, Marker })), 'InvalidMarkerException')
})

test('ALL_KEY_MATERIAL adds the first material, which no rotation made', async () => {
  const { KeyId, materialId } = await newKey()
  const first = { KeyId, KeyMaterialId: materialId }
  const IncludeKeyMaterial = 'ALL_KEY_MATERIAL'
  assert.deepEqual(await rotations(KeyId), [])
  assert.deepEqual(await rotations(KeyId, { IncludeKeyMaterial }), [{ ...first, KeyMaterialState: 'CURRENT' }])
  await onDemand(KeyId)
  const [old, now, ...more] = await rotations(KeyId, { IncludeKeyMaterial })
  assert.deepEqual(old, { ...first, KeyMaterialState: 'NON_CURRENT' })
  assert.deepEqual([[now], more], [await rotations(KeyId, { IncludeKeyMaterial: 'ROTATIONS_ONLY' }), []])
})

for (const [type, rotate] of [
  ['ON_DEMAND', (KeyId: string) => onDemand(KeyId)],
  ['AUTOMATIC', async (KeyId: string) => travelTo(await nextDate(KeyId))],
] as const)
  test(`a rotation that is ${type} is an event of the service itself`, async () => {
    const { KeyId, Arn, materialId } = await newKey()
    await enable(KeyId, 90)
    await rotate(KeyId)
    const [made] = await rotations(KeyId)
    const { KeyMaterialId, RotationDate = assert.fail() } = made ?? assert.fail()
    const found = await rotateEvents(Arn)
    const { eventID: _, ...rest } = found[0] ?? assert.fail()
    assert.equal(found.length, 1)
    assert.deepEqual(rest, {
      eventVersion: '1.11',
      userIdentity: { accountId: trent.account, invokedBy: 'AWS Internal' },
      eventTime: `${RotationDate.toISOString().slice(0, 19)}Z`,
      eventSource: 'kms.amazonaws.com',
      eventName: 'RotateKey',
      awsRegion: REGION,
      sourceIPAddress: 'AWS Internal',
      userAgent: 'AWS Internal',
      requestParameters: null,
      responseElements: null,
      readOnly: false,
      resources: [{ accountId: trent.account, type: 'AWS::KMS::Key', ARN: Arn }],
      eventType: 'AwsServiceEvent',
      managementEvent: true,
      recipientAccountId: trent.account,
      serviceEventDetails: {
        rotationType: type,
        keyOrigin: 'AWS_KMS',
        previousKeyMaterialId: materialId,
        currentKeyMaterialId: KeyMaterialId,
        keyId: Arn,
      },
      eventCategory: 'Management',
    })
  })

/** Events of changes come by way of the store's outbox, so that they are waited for. */
async function rotateEvents(arn: string) {
  for (const end = Date.now() + 3_000; ; await delay(20)) {
    const events = (await trailEvents(trent.data ?? '')).filter(
      ({ eventName, resources }) => eventName === 'RotateKey' && JSON.stringify(resources).includes(arn),
    )
    if (events.length > 0 || Date.now() > end) return events
  }
}

test('a key policy may bound the period, and the default counts as 365 days', async () => {
  const allow = { Effect: 'Allow', Principal: { AWS: '*' }, Resource: '*' }
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { ...allow, Action: 'kms:*' },
      {
        ...allow,
        Effect: 'Deny',
        Action: 'kms:EnableKeyRotation',
        Condition: { NumericLessThan: { 'kms:RotationPeriodInDays': '365' } },
      },
    ],
  })
  const { KeyId } = await newKey({ Policy })
  await refused(enable(KeyId, 364), 'AccessDeniedException')
  assert.equal((await status(KeyId)).KeyRotationEnabled, false)
  await enable(KeyId, 365)
  await enable(KeyId)
})
