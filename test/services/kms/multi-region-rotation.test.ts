import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import {
  AWAY,
  clientsIn,
  decryptedBy,
  described,
  encryptedBy,
  FAR,
  newFamily,
  newPrimary,
  replicate,
  stateOf,
} from '../../support/multi-region.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const account = newAccount()
const regions = clientsIn(trent, account)
const { home, away, far } = regions
after(async () => {
  regions.destroy()
  await trent[Symbol.asyncDispose]()
})

const advance = async (duration: string): Promise<void> => {
  const answer = await trent.control('POST', '/_trent/clock', { advance: duration })
  assert.equal(answer.status, 200, answer.text)
}

const rotate = (kms: KMSClient, KeyId: string) => kms.send(new RotateKeyOnDemandCommand({ KeyId }))
const enable = (kms: KMSClient, KeyId: string, RotationPeriodInDays = 90) =>
  kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays }))

const currentMaterial = async (kms: KMSClient, KeyId: string) => (await described(kms, KeyId)).CurrentKeyMaterialId

/** What GetKeyRotationStatus and ListKeyRotations tell, without the ARN, which names the Region. */
async function rotationOf(kms: KMSClient, KeyId: string) {
  const { $metadata: _, KeyId: _arn, ...status } = await kms.send(new GetKeyRotationStatusCommand({ KeyId }))
  const all = new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 1000 })
  return { status, rotations: (await kms.send(all)).Rotations }
}

async function assertShared(KeyId: string, ...clients: readonly KMSClient[]): Promise<void> {
  const expected = [await currentMaterial(home, KeyId), await rotationOf(home, KeyId)]
  for (const kms of clients)
    assert.deepEqual([await currentMaterial(kms, KeyId), await rotationOf(kms, KeyId)], expected)
}

test('a rotation on demand gives every related key the same new material, and keeps the old', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  const [before, old] = [await currentMaterial(home, KeyId), await encryptedBy(far, KeyId, 'old')]
  await rotate(home, KeyId)
  assert.notEqual(await currentMaterial(home, KeyId), before)
  await assertShared(KeyId, away, far)
  assert.equal((await rotationOf(away, KeyId)).rotations?.length, 2)
  const fresh = await encryptedBy(away, KeyId, 'new')
  for (const kms of [home, away, far])
    assert.deepEqual([await decryptedBy(kms, old), await decryptedBy(kms, fresh)], ['old', 'new'])
})

test('the schedule of the primary is that of its replicas, whichever came first', async () => {
  const KeyId = await newFamily(regions)
  await enable(home, KeyId, 100)
  await assertShared(KeyId, away)
  assert.equal((await rotationOf(away, KeyId)).status.RotationPeriodInDays, 100)
  await replicate(home, KeyId, FAR)
  await assertShared(KeyId, far)
  await home.send(new DisableKeyRotationCommand({ KeyId }))
  await assertShared(KeyId, away, far)
  assert.deepEqual((await rotationOf(far, KeyId)).status, { KeyRotationEnabled: false })
})

test('all related keys rotate together on their date, disabled replicas included', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  await enable(home, KeyId)
  await far.send(new DisableKeyCommand({ KeyId }))
  const before = await currentMaterial(home, KeyId)
  await advance('P90D')
  assert.notEqual(await currentMaterial(home, KeyId), before)
  await assertShared(KeyId, away, far)
  assert.equal((await rotationOf(away, KeyId)).rotations?.length, 2)
  await far.send(new EnableKeyCommand({ KeyId }))
  assert.equal(await stateOf(far, KeyId), 'Enabled')
  await assertShared(KeyId, away, far)
  assert.equal(await decryptedBy(far, await encryptedBy(home, KeyId)), 'attack at dawn')
})

test('a disabled primary rotates for nobody, and all of them rotate once it is enabled', async () => {
  const KeyId = await newFamily(regions)
  await enable(home, KeyId)
  await home.send(new DisableKeyCommand({ KeyId }))
  const before = await currentMaterial(away, KeyId)
  await advance('P91D')
  assert.equal(await currentMaterial(away, KeyId), before)
  await home.send(new EnableKeyCommand({ KeyId }))
  assert.notEqual(await currentMaterial(away, KeyId), before)
  await assertShared(KeyId, away)
  assert.equal((await rotationOf(away, KeyId)).rotations?.length, 2)
})

test('a replica that waits for its deletion gets the material too, and reports no rotation', async () => {
  const KeyId = await newFamily(regions)
  await enable(home, KeyId)
  await away.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 30 }))
  await rotate(home, KeyId)
  assert.deepEqual((await rotationOf(away, KeyId)).status, { KeyRotationEnabled: false })
  assert.equal(await currentMaterial(away, KeyId), await currentMaterial(home, KeyId))
})

test('a replica is given every material that its primary ever had, in order', async () => {
  const KeyId = await newPrimary(home)
  const texts = Array.from({ length: 12 }, (_, index) => `text ${index}`)
  const ciphertexts: Uint8Array[] = []
  for (const text of texts) {
    ciphertexts.push(await encryptedBy(home, KeyId, text))
    await rotate(home, KeyId)
  }
  await replicate(home, KeyId, AWAY)
  await assertShared(KeyId, away)
  assert.equal((await rotationOf(away, KeyId)).rotations?.length, 13)
  assert.deepEqual(await Promise.all(ciphertexts.map((each) => decryptedBy(away, each))), texts)
})

test('more materials than one commit holds are all copied', async () => {
  const KeyId = await newPrimary(home)
  await enable(home, KeyId)
  const old = await encryptedBy(home, KeyId, 'oldest')
  await advance('P9000D')
  const { rotations = [] } = await rotationOf(home, KeyId)
  assert.equal(rotations.length, 101)
  await replicate(home, KeyId, AWAY)
  await assertShared(KeyId, away)
  assert.equal(await decryptedBy(away, old), 'oldest')
})

test('replicas are made and the primary rotates at the same time, and all end with the same material', async () => {
  for (let round = 0; round < 5; round += 1) {
    const KeyId = await newPrimary(home)
    const rotations = Promise.allSettled(Array.from({ length: 4 }, () => rotate(home, KeyId)))
    await Promise.all([replicate(home, KeyId, AWAY), replicate(home, KeyId, FAR), rotations])
    assert.ok((await rotations).some(({ status }) => status === 'fulfilled'))
    await assertShared(KeyId, away, far)
    assert.equal(await decryptedBy(far, await encryptedBy(away, KeyId)), 'attack at dawn')
  }
})

for (const [name, call] of [
  ['EnableKeyRotation', enable],
  ['RotateKeyOnDemand', rotate],
  ['DisableKeyRotation', (kms: KMSClient, KeyId: string) => kms.send(new DisableKeyRotationCommand({ KeyId }))],
] as const)
  test(`${name} is refused for a replica and changes nothing`, async () => {
    const KeyId = await newFamily(regions)
    await enable(home, KeyId)
    const before = await rotationOf(home, KeyId)
    const arn = `arn:aws:kms:${AWAY}:${account}:key/${KeyId}`
    await refused(call(away, KeyId), 'UnsupportedOperationException', `${arn} is not a multi-region primary key.`)
    assert.deepEqual(await rotationOf(home, KeyId), before)
    await assertShared(KeyId, away)
    await away.send(new DisableKeyCommand({ KeyId }))
    await refused(call(away, KeyId), 'DisabledException')
  })

test('a replica of another spec refuses rotation without a word, like its primary', async () => {
  const KeyId = await newFamily(regions, [AWAY], { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  for (const kms of [home, away]) await refused(rotate(kms, KeyId), 'UnsupportedOperationException', 'UnknownError')
})

test('rotations on demand are counted for all related keys together', async () => {
  const KeyId = await newFamily(regions)
  for (let count = 0; count < 25; count += 1) await rotate(home, KeyId)
  await refused(rotate(home, KeyId), 'LimitExceededException')
  await assertShared(KeyId, away)
})
