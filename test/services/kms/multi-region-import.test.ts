import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  EnableKeyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  UpdatePrimaryRegionCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import { type Importer, openImporter } from '../../support/import.ts'
import { AWAY, decryptedBy, encryptedBy, FAR, HOME, partOf, replicate, stateOf } from '../../support/multi-region.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const [home, away, far] = [openImporter(trent, HOME), openImporter(trent, AWAY), openImporter(trent, FAR)]
after(async () => {
  for (const { kms } of [home, away, far]) kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const DAY_MS = 86_400_000
const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const
const EXISTING = { ImportType: 'EXISTING_KEY_MATERIAL' } as const
const INCORRECT = 'IncorrectKeyMaterialException'
const inDays = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS)
const advance = async (duration: string): Promise<void> => {
  const answer = await trent.control('POST', '/_trent/clock', { advance: duration })
  assert.equal(answer.status, 200, answer.text)
}

const rotate = ({ kms }: Importer, KeyId: string) => kms.send(new RotateKeyOnDemandCommand({ KeyId }))
const nothingPending = /^No available key material pending rotation for the key: /

/** States of all materials as a Region lists them. */
async function materials({ kms }: Importer, KeyId: string) {
  const all = new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })
  const { Rotations = [] } = await kms.send(all)
  return Rotations.map(({ KeyMaterialState, ImportState }) => `${KeyMaterialState} ${ImportState}`)
}

/** A primary with its material, and replicas that wait for theirs. */
async function newFamily(replicas: readonly string[] = [AWAY]) {
  const { KeyId, Arn } = await home.external({ MultiRegion: true })
  const material = randomBytes(32)
  const { KeyMaterialId = assert.fail() } = await home.bring(KeyId, material)
  for (const region of replicas) await replicate(home.kms, KeyId, region)
  return { KeyId, Arn, material, materialId: KeyMaterialId }
}

test('a primary without material is not replicated', async () => {
  const { KeyId, Arn } = await home.external({ MultiRegion: true })
  assert.match(KeyId, /^mrk-/)
  await refused(replicate(home.kms, KeyId, AWAY), 'KMSInvalidStateException', `${Arn} is pending import.`)
})

test('a replica waits for the material of its primary, and takes it as often as it is brought', async () => {
  const { KeyId, material, materialId } = await newFamily()
  const { KeyState, Enabled, Origin, CurrentKeyMaterialId, ExpirationModel } = await away.describe(KeyId)
  assert.deepEqual([KeyState, Enabled, Origin], ['PendingImport', false, 'EXTERNAL'])
  assert.deepEqual([CurrentKeyMaterialId, ExpirationModel], [materialId, undefined])
  assert.deepEqual(await materials(away, KeyId), ['CURRENT PENDING_IMPORT'])
  const ciphertext = await encryptedBy(home.kms, KeyId)
  await refused(decryptedBy(away.kms, ciphertext), 'KMSInvalidStateException', /is pending import\.$/)
  for (let count = 0; count < 2; count += 1) assert.equal((await away.bring(KeyId, material)).KeyMaterialId, materialId)
  assert.equal(await stateOf(away.kms, KeyId), 'Enabled')
  assert.equal(await decryptedBy(away.kms, ciphertext), 'attack at dawn')
  assert.equal(await decryptedBy(home.kms, await encryptedBy(away.kms, KeyId)), 'attack at dawn')
})

test('a replica takes no material that its primary does not have, and none as new', async () => {
  const { KeyId, material } = await newFamily()
  await refused(away.bring(KeyId, randomBytes(32)), INCORRECT)
  await refused(away.bring(KeyId, randomBytes(32), EXISTING), INCORRECT)
  for (const bytes of [material, randomBytes(32)])
    await refused(
      away.bring(KeyId, bytes, NEW),
      'UnsupportedOperationException',
      /is not a multi-region primary key\.$/,
    )
  assert.equal(await stateOf(away.kms, KeyId), 'PendingImport')
  await away.bring(KeyId, material)
  await refused(away.bring(KeyId, randomBytes(32)), INCORRECT)
})

test('expiry and deletion of material are of one Region alone', async () => {
  const { KeyId, material } = await newFamily([AWAY, FAR])
  await away.bring(KeyId, material, { ValidTo: inDays(2) })
  await far.bring(KeyId, material)
  await far.drop(KeyId)
  assert.deepEqual(
    [await stateOf(home.kms, KeyId), await stateOf(away.kms, KeyId), await stateOf(far.kms, KeyId)],
    ['Enabled', 'Enabled', 'PendingImport'],
  )
  await advance('P3D')
  assert.deepEqual([await stateOf(home.kms, KeyId), await stateOf(away.kms, KeyId)], ['Enabled', 'PendingImport'])
  await home.drop(KeyId)
  await refused(away.bring(KeyId, randomBytes(32)), INCORRECT)
  await away.bring(KeyId, material)
  assert.deepEqual([await stateOf(home.kms, KeyId), await stateOf(away.kms, KeyId)], ['PendingImport', 'Enabled'])
})

test('new material waits until every replica has it, and then for its rotation, which is of all', async () => {
  const { KeyId, material } = await newFamily([AWAY, FAR])
  for (const region of [away, far]) await region.bring(KeyId, material)
  const old = await encryptedBy(far.kms, KeyId, 'old')
  const next = randomBytes(32)
  const { KeyMaterialId } = await home.bring(KeyId, next, { ...NEW, KeyMaterialDescription: 'next' })
  const waiting = 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'
  assert.deepEqual(await materials(home, KeyId), ['CURRENT IMPORTED', `${waiting} IMPORTED`])
  assert.deepEqual(await materials(away, KeyId), ['CURRENT IMPORTED', `${waiting} PENDING_IMPORT`])
  assert.equal(await stateOf(away.kms, KeyId), 'Enabled')
  await refused(rotate(home, KeyId), 'KMSInvalidStateException', nothingPending)
  await away.bring(KeyId, next, EXISTING)
  await refused(rotate(home, KeyId), 'KMSInvalidStateException', nothingPending)
  await far.bring(KeyId, next, EXISTING)
  for (const region of [home, away, far])
    assert.deepEqual(await materials(region, KeyId), ['CURRENT IMPORTED', 'PENDING_ROTATION IMPORTED'])
  await refused(rotate(away, KeyId), 'UnsupportedOperationException')
  await rotate(home, KeyId)
  for (const region of [home, away, far]) {
    assert.deepEqual(await materials(region, KeyId), ['NON_CURRENT IMPORTED', 'CURRENT IMPORTED'])
    assert.equal((await region.describe(KeyId)).CurrentKeyMaterialId, KeyMaterialId)
    assert.equal(await decryptedBy(region.kms, old), 'old')
  }
  assert.equal(await decryptedBy(home.kms, await encryptedBy(far.kms, KeyId, 'new')), 'new')
  const status = await away.kms.send(new GetKeyRotationStatusCommand({ KeyId }))
  assert.equal(status.OnDemandRotationStartDate, undefined)
})

test('a replica of a key with several materials is enabled when it has all of them', async () => {
  const { KeyId, material } = await newFamily([])
  const [second, third] = [randomBytes(32), randomBytes(32)]
  await home.bring(KeyId, second, NEW)
  await rotate(home, KeyId)
  await home.bring(KeyId, third, NEW)
  await replicate(home.kms, KeyId, AWAY)
  await refused(rotate(home, KeyId), 'KMSInvalidStateException', nothingPending)
  await away.bring(KeyId, material)
  assert.equal(await stateOf(away.kms, KeyId), 'PendingImport')
  await away.bring(KeyId, second)
  assert.equal(await stateOf(away.kms, KeyId), 'Enabled')
  await away.bring(KeyId, third)
  await rotate(home, KeyId)
  assert.deepEqual(await materials(away, KeyId), ['NON_CURRENT IMPORTED', 'NON_CURRENT IMPORTED', 'CURRENT IMPORTED'])
})

test('material that waits is gone from every Region when the primary drops it, and from one when a replica does', async () => {
  const { KeyId, material } = await newFamily()
  await away.bring(KeyId, material)
  const next = randomBytes(32)
  const { KeyMaterialId } = await home.bring(KeyId, next, NEW)
  await away.bring(KeyId, next)
  await away.drop(KeyId, KeyMaterialId)
  assert.deepEqual(await materials(away, KeyId), [
    'CURRENT IMPORTED',
    'PENDING_MULTI_REGION_IMPORT_AND_ROTATION PENDING_IMPORT',
  ])
  await refused(rotate(home, KeyId), 'KMSInvalidStateException', nothingPending)
  await away.bring(KeyId, next)
  await home.drop(KeyId, KeyMaterialId)
  for (const region of [home, away]) assert.deepEqual(await materials(region, KeyId), ['CURRENT IMPORTED'])
  await refused(away.bring(KeyId, next), INCORRECT)
  for (const region of [home, away]) assert.equal(await stateOf(region.kms, KeyId), 'Enabled')
})

test('material that waits and expires in the primary is gone from its replicas', async () => {
  const { KeyId, material } = await newFamily()
  await away.bring(KeyId, material)
  const next = randomBytes(32)
  const now = Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now)
  await home.bring(KeyId, next, { ...NEW, ValidTo: new Date(Math.floor(now / 1000) * 1000 + DAY_MS) })
  await away.bring(KeyId, next)
  await advance('P2D')
  for (const region of [home, away]) assert.deepEqual(await materials(region, KeyId), ['CURRENT IMPORTED'])
})

test('a deleted replica holds up no rotation', async () => {
  const { KeyId } = await newFamily()
  await home.bring(KeyId, randomBytes(32), NEW)
  await refused(rotate(home, KeyId), 'KMSInvalidStateException', nothingPending)
  await away.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
  await refused(rotate(home, KeyId), 'KMSInvalidStateException', nothingPending)
  await advance('P8D')
  await rotate(home, KeyId)
  assert.deepEqual(await materials(home, KeyId), ['NON_CURRENT IMPORTED', 'CURRENT IMPORTED'])
})

test('a cancelled replica waits for its material again', async () => {
  const { KeyId, material } = await newFamily()
  await away.kms.send(new ScheduleKeyDeletionCommand({ KeyId }))
  await away.kms.send(new CancelKeyDeletionCommand({ KeyId }))
  assert.equal(await stateOf(away.kms, KeyId), 'PendingImport')
  await refused(away.kms.send(new EnableKeyCommand({ KeyId })), 'KMSInvalidStateException')
  await away.bring(KeyId, material)
  assert.equal(await stateOf(away.kms, KeyId), 'Enabled')
})

test('only a replica that has its material becomes the primary, which then takes new material', async () => {
  const { KeyId, material } = await newFamily()
  const update = () => home.kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY }))
  await refused(update(), 'KMSInvalidStateException', /is pending import\.$/)
  await away.bring(KeyId, material)
  await update()
  assert.deepEqual(await partOf(home.kms, KeyId), ['REPLICA', AWAY, [HOME]])
  const next = randomBytes(32)
  await refused(home.bring(KeyId, next, NEW), 'UnsupportedOperationException')
  await away.bring(KeyId, next, NEW)
  await home.bring(KeyId, next)
  await rotate(away, KeyId)
  assert.equal(await decryptedBy(home.kms, await encryptedBy(away.kms, KeyId)), 'attack at dawn')
})

test('an imported key pair is one in both Regions', async () => {
  const { KeyId } = await home.external({ MultiRegion: true, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const pair = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' })
  const material = pair()
  await home.bring(KeyId, material)
  await replicate(home.kms, KeyId, AWAY)
  await refused(away.bring(KeyId, pair()), INCORRECT)
  await refused(away.kms.send(new GetPublicKeyCommand({ KeyId })), 'KMSInvalidStateException')
  await away.bring(KeyId, material)
  const call = { KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: Buffer.from('message') } as const
  const { Signature } = await home.kms.send(new SignCommand(call))
  assert.equal((await away.kms.send(new VerifyCommand({ ...call, Signature }))).SignatureValid, true)
})
