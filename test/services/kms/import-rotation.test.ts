import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import {
  DecryptCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  type IncludeKeyMaterial,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import { openImporter } from '../../support/import.ts'
import { keyEvents } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const { kms, external, describe, bring, drop } = openImporter(trent)
after(async () => {
  kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const DAY_MS = 86_400_000
const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const
const inDays = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS)
const rotate = (KeyId: string) => kms.send(new RotateKeyOnDemandCommand({ KeyId }))

async function listed(KeyId: string, IncludeKeyMaterial: IncludeKeyMaterial = 'ALL_KEY_MATERIAL') {
  const { Rotations = [] } = await kms.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial }))
  return Rotations
}
const states = async (KeyId: string) =>
  (await listed(KeyId)).map(({ KeyMaterialState, ImportState }) => `${KeyMaterialState} ${ImportState}`)

async function encrypted(KeyId: string, text: string) {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(text) }))
  return CiphertextBlob ?? assert.fail()
}
async function decrypted(CiphertextBlob: Uint8Array) {
  const { Plaintext, KeyMaterialId } = await kms.send(new DecryptCommand({ CiphertextBlob }))
  return [Buffer.from(Plaintext ?? []).toString(), KeyMaterialId]
}

/** A key that was rotated from one imported material to another. */
async function rotatedKey() {
  const { KeyId, Arn } = await external()
  const [old, current] = [randomBytes(32), randomBytes(32)]
  const first = (await bring(KeyId, old)).KeyMaterialId ?? assert.fail()
  const blob = await encrypted(KeyId, 'old')
  const second = (await bring(KeyId, current, NEW)).KeyMaterialId ?? assert.fail()
  await rotate(KeyId)
  return { KeyId, Arn, old, current, first, second, blob }
}

test('new material waits for a rotation on demand, and then both decrypt and the new one encrypts', async () => {
  const { KeyId, Arn } = await external()
  const { KeyMaterialId: first } = await bring(KeyId, randomBytes(32), { KeyMaterialDescription: 'first of all' })
  const old = await encrypted(KeyId, 'old')
  const { KeyMaterialId: second } = await bring(KeyId, randomBytes(32), { ...NEW, KeyMaterialDescription: 'second' })
  assert.deepEqual(await states(KeyId), ['CURRENT IMPORTED', 'PENDING_ROTATION IMPORTED'])
  assert.deepEqual(await listed(KeyId, 'ROTATIONS_ONLY'), [])
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, first)
  assert.deepEqual(await decrypted(await encrypted(KeyId, 'meanwhile')), ['meanwhile', first])
  assert.equal((await rotate(KeyId)).KeyId, Arn)
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, second)
  assert.deepEqual(await decrypted(old), ['old', first])
  assert.deepEqual(await decrypted(await encrypted(KeyId, 'new')), ['new', second])
  const [earlier, later] = await listed(KeyId)
  const forEver = { ImportState: 'IMPORTED', ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
  assert.deepEqual(earlier, {
    KeyId,
    KeyMaterialId: first,
    KeyMaterialState: 'NON_CURRENT',
    KeyMaterialDescription: 'first of all',
    ...forEver,
  })
  const { RotationDate, ...rest } = later ?? assert.fail()
  assert.ok(RotationDate && Math.abs(RotationDate.getTime() - Date.now()) < 60_000)
  assert.deepEqual(rest, {
    KeyId,
    KeyMaterialId: second,
    KeyMaterialState: 'CURRENT',
    KeyMaterialDescription: 'second',
    RotationType: 'ON_DEMAND',
    ...forEver,
  })
  assert.deepEqual(await listed(KeyId, 'ROTATIONS_ONLY'), [later])
  const status = await kms.send(new GetKeyRotationStatusCommand({ KeyId }))
  assert.deepEqual([status.KeyRotationEnabled, status.OnDemandRotationStartDate], [false, undefined])
})

test('a rotation writes an event with both materials and the origin', async () => {
  const { Arn, first, second } = await rotatedKey()
  const [found] = await keyEvents(trent.data ?? '', 'RotateKey', Arn)
  const { rotationType, keyOrigin, previousKeyMaterialId, currentKeyMaterialId } = JSON.parse(
    JSON.stringify(found?.serviceEventDetails ?? {}),
  )
  assert.deepEqual([rotationType, keyOrigin], ['ON_DEMAND', 'EXTERNAL'])
  assert.deepEqual([previousKeyMaterialId, currentKeyMaterialId], [first, second])
})

test('a key without material that waits does not rotate', async () => {
  const { KeyId, Arn } = await external()
  await bring(KeyId, randomBytes(32))
  const message = `No available key material pending rotation for the key: ${Arn}.`
  await refused(rotate(KeyId), 'KMSInvalidStateException', message)
  await bring(KeyId, randomBytes(32), NEW)
  await rotate(KeyId)
  await refused(rotate(KeyId), 'KMSInvalidStateException', message)
})

test('imported HMAC keys and key pairs do not rotate', async () => {
  const { KeyId } = await external({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  await bring(KeyId, randomBytes(32))
  await refused(rotate(KeyId), 'UnsupportedOperationException')
  await refused(listed(KeyId), 'UnsupportedOperationException')
})

test('one material waits at a time, and the refusal names both', async () => {
  const { KeyId, Arn } = await external()
  await bring(KeyId, randomBytes(32))
  const { KeyMaterialId } = await bring(KeyId, randomBytes(32), NEW)
  const text = `cannot be imported into KMS key ${Arn}, because another key material (id: ${KeyMaterialId}) is pending rotation.`
  await refused(
    bring(KeyId, randomBytes(32), NEW),
    'KMSInvalidStateException',
    new RegExp(`^New key material \\(id: [0-9a-f]{64}\\) ${text.replaceAll(/[().]/g, '\\$&')}$`),
  )
  assert.deepEqual(await states(KeyId), ['CURRENT IMPORTED', 'PENDING_ROTATION IMPORTED'])
})

test('material that the key has is not new, and material that it never had is not existing', async () => {
  const { KeyId, Arn, old, current } = await rotatedKey()
  for (const material of [old, current])
    await refused(
      bring(KeyId, material, NEW),
      'IncorrectKeyMaterialException',
      `The key material in the request was imported into ${Arn} before.`,
    )
  for (const input of [{}, { ImportType: 'EXISTING_KEY_MATERIAL' }] as const)
    await refused(bring(KeyId, randomBytes(32), input), 'IncorrectKeyMaterialException')
  const none = await external()
  const existing = { ImportType: 'EXISTING_KEY_MATERIAL' } as const
  await refused(bring(none.KeyId, randomBytes(32), existing), 'IncorrectKeyMaterialException')
})

test('an import that names a material takes that one alone', async () => {
  const { KeyId, old, current, first, second } = await rotatedKey()
  await refused(bring(KeyId, old, { KeyMaterialId: second }), 'IncorrectKeyMaterialException')
  await refused(bring(KeyId, current, { KeyMaterialId: 'a'.repeat(64) }), 'IncorrectKeyMaterialException')
  await refused(bring(KeyId, randomBytes(32), { ...NEW, KeyMaterialId: first }), 'ValidationException')
  assert.equal((await bring(KeyId, old, { KeyMaterialId: first })).KeyMaterialId, first)
  const empty = await external()
  await refused(bring(empty.KeyId, old, { KeyMaterialId: first }), 'ValidationException')
})

test('without one of its materials, whichever, a key cannot be used at all, and with all of them it can', async () => {
  const { KeyId, Arn, old, current, first, second, blob } = await rotatedKey()
  const fresh = await encrypted(KeyId, 'new')
  for (const [lost, material] of [
    [first, old],
    [second, current],
  ] as const) {
    await drop(KeyId, lost)
    const shown = await describe(KeyId)
    assert.deepEqual([shown.KeyState, shown.CurrentKeyMaterialId], ['PendingImport', second])
    for (const CiphertextBlob of [blob, fresh])
      await refused(
        kms.send(new DecryptCommand({ CiphertextBlob })),
        'KMSInvalidStateException',
        `${Arn} is pending import.`,
      )
    await refused(encrypted(KeyId, 'text'), 'KMSInvalidStateException', `${Arn} is pending import.`)
    await bring(KeyId, material)
    assert.equal((await describe(KeyId)).KeyState, 'Enabled')
  }
  assert.deepEqual(await decrypted(blob), ['old', first])
  assert.deepEqual(await decrypted(fresh), ['new', second])
})

test('a key that lost two materials waits for both', async () => {
  const { KeyId, old, current, first, second } = await rotatedKey()
  await drop(KeyId)
  await drop(KeyId, first)
  assert.deepEqual(await states(KeyId), ['NON_CURRENT PENDING_IMPORT', 'CURRENT PENDING_IMPORT'])
  for (const entry of await listed(KeyId)) assert.ok(!('ExpirationModel' in entry) && !('ValidTo' in entry))
  await bring(KeyId, current)
  assert.deepEqual(await states(KeyId), ['NON_CURRENT PENDING_IMPORT', 'CURRENT IMPORTED'])
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport')
  await bring(KeyId, old, { KeyMaterialId: first })
  assert.deepEqual(
    [(await describe(KeyId)).KeyState, (await describe(KeyId)).CurrentKeyMaterialId],
    ['Enabled', second],
  )
})

test('material that waits can be deleted without harm, and another put in its place', async () => {
  const { KeyId } = await external()
  await bring(KeyId, randomBytes(32))
  const waiting = randomBytes(32)
  const { KeyMaterialId = '' } = await bring(KeyId, waiting, NEW)
  assert.equal((await drop(KeyId, KeyMaterialId)).KeyMaterialId, KeyMaterialId)
  assert.deepEqual([(await describe(KeyId)).KeyState, await states(KeyId)], ['Enabled', ['CURRENT IMPORTED']])
  await refused(rotate(KeyId), 'KMSInvalidStateException', /^No available key material/)
  // The key was not bound to it: it is unknown again.
  await refused(drop(KeyId, KeyMaterialId), 'NotFoundException')
  await refused(bring(KeyId, waiting), 'IncorrectKeyMaterialException')
  const { KeyMaterialId: next } = await bring(KeyId, randomBytes(32), NEW)
  await rotate(KeyId)
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, next)
})

test('material that waits can be imported again with another date, and still waits', async () => {
  const { KeyId } = await external()
  await bring(KeyId, randomBytes(32))
  const waiting = randomBytes(32)
  await bring(KeyId, waiting, { ...NEW, KeyMaterialDescription: 'waits' })
  const ValidTo = inDays(9)
  await bring(KeyId, waiting, { ValidTo })
  const [, entry] = await listed(KeyId)
  assert.deepEqual([entry?.KeyMaterialState, entry?.KeyMaterialDescription], ['PENDING_ROTATION', 'waits'])
  assert.deepEqual([entry?.ExpirationModel, entry?.ValidTo], ['KEY_MATERIAL_EXPIRES', ValidTo])
})

test('a description stays when it is left out, and changes when it is not', async () => {
  const { KeyId } = await external()
  const material = randomBytes(32)
  const description = async () => (await listed(KeyId))[0]?.KeyMaterialDescription
  await bring(KeyId, material, { KeyMaterialDescription: 'one' })
  await drop(KeyId)
  assert.equal(await description(), 'one')
  await bring(KeyId, material)
  assert.equal(await description(), 'one')
  await bring(KeyId, material, { KeyMaterialDescription: 'two: of/three' })
  assert.equal(await description(), 'two: of/three')
})

test("a key's date is the first of those of the materials that it is bound to", async () => {
  const { KeyId, old } = await rotatedKey()
  assert.equal((await describe(KeyId)).ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE')
  const [late, soon] = [inDays(20), inDays(10)]
  await bring(KeyId, old, { ValidTo: late })
  await bring(KeyId, randomBytes(32), { ...NEW, ValidTo: soon })
  const before = await describe(KeyId)
  assert.deepEqual([before.ExpirationModel, before.ValidTo], ['KEY_MATERIAL_EXPIRES', late])
  await rotate(KeyId)
  assert.deepEqual((await describe(KeyId)).ValidTo, soon)
})

test('a disabled key does not rotate; enabled again it does', async () => {
  const { KeyId, Arn } = await external()
  await bring(KeyId, randomBytes(32))
  const { KeyMaterialId } = await bring(KeyId, randomBytes(32), NEW)
  await kms.send(new DisableKeyCommand({ KeyId }))
  await refused(rotate(KeyId), 'DisabledException', `${Arn} is disabled.`)
  await kms.send(new EnableKeyCommand({ KeyId }))
  await rotate(KeyId)
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, KeyMaterialId)
})

test('a key rotates on demand 25 times, each to material of its own, and every ciphertext decrypts', async () => {
  const { KeyId } = await external()
  await bring(KeyId, randomBytes(32))
  const blobs = [await encrypted(KeyId, '0')]
  for (let round = 1; round <= 25; round++) {
    await bring(KeyId, randomBytes(32), NEW)
    await rotate(KeyId)
    blobs.push(await encrypted(KeyId, String(round)))
  }
  await bring(KeyId, randomBytes(32), NEW)
  await refused(rotate(KeyId), 'LimitExceededException')
  const {
    Rotations = [],
    NextMarker,
    Truncated,
  } = await kms.send(new ListKeyRotationsCommand({ KeyId, Limit: 20, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }))
  assert.deepEqual([Rotations.length, Truncated], [20, true])
  const rest = await kms.send(
    new ListKeyRotationsCommand({ KeyId, Marker: NextMarker, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
  )
  assert.deepEqual(
    rest.Rotations?.map(({ KeyMaterialState }) => KeyMaterialState),
    [...Array(5).fill('NON_CURRENT'), 'CURRENT', 'PENDING_ROTATION'],
  )
  for (const [round, blob] of blobs.entries()) assert.equal((await decrypted(blob))[0], String(round))
})
