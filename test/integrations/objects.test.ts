import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { globSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, RotateKeyOnDemandCommand } from '@aws-sdk/client-kms'
import { CopyObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { EncryptedObjects } from '../../examples/encrypted-objects.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../support/principals.ts'
import { startObjectStore } from '../support/s3rver.ts'
import { trailEvents } from '../support/trail.ts'
import { startTrent } from '../support/trent.ts'

const BUCKET = 'photos'
const store = await startObjectStore(BUCKET)
const s3 = new S3Client({
  endpoint: store.url,
  region: 'us-east-1',
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
})
const trent = await startTrent('serve', { data: 'temporary' })
const root = clientsOf(trent, trent.credentials)
const program = await newUser(root.iam, 'program', allow('kms:*'))
const asProgram = clientsOf(trent, program)
after(async () => {
  s3.destroy()
  asProgram[Symbol.dispose]()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})
const keyId = (await root.kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
const newObjects = (usesBucketKeys = false) => new EncryptedObjects({ s3, kms: asProgram.kms, keyId, usesBucketKeys })
const objects = newObjects()

async function* pieces(bytes: Buffer, size = 100_000): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const place = (key: string) => ({ bucket: BUCKET, key })
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
/** The file in which the store has an object's bytes. */
const fileOf = (key: string) =>
  globSync(`${store.directory}/${BUCKET}/${key}*_object`)[0] ?? assert.fail(`no file of ${key}`)
const CHUNK = 65_536
const SEALED = CHUNK + 28

for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 128 * CHUNK, 20 * 2 ** 20 + 123])
  test(`an object of ${size} bytes is read as it was stored, and is not in the store`, async () => {
    const bytes = randomBytes(size)
    await objects.put(place(`size-${size}`), pieces(bytes))
    assert.equal(digest(await newObjects().get(place(`size-${size}`))), digest(bytes))
    const held = readFileSync(fileOf(`size-${size}`))
    assert.equal(held.length, size + 28 * Math.max(1, Math.ceil(size / CHUNK)))
    if (size > 100) assert.ok(!held.includes(bytes.subarray(size - 64)))
  })

test('any part of an object is read by itself', async () => {
  const bytes = randomBytes(5 * CHUNK + 77)
  await objects.put(place('ranges'), pieces(bytes))
  const ends = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 76]
  for (const first of ends)
    for (const last of ends.filter((end) => end >= first))
      assert.deepEqual(await objects.get(place('ranges'), { first, last }), bytes.subarray(first, last + 1))
  assert.deepEqual(await objects.get(place('ranges'), { first: 5 * CHUNK, last: 10 ** 9 }), bytes.subarray(5 * CHUNK))
  await assert.rejects(objects.get(place('ranges'), { first: bytes.length, last: bytes.length }), RangeError)
})

const calls = async (name: string) =>
  (await trailEvents(trent.data ?? '')).filter(({ eventName }) => eventName === name).length

test('with bucket keys many objects take one call of KMS, without them one each; both are read alike', async () => {
  const before = await calls('GenerateDataKey')
  const sparing = newObjects(true)
  for (let i = 0; i < 5; i += 1) await sparing.put(place(`bucket-key-${i}`), pieces(Buffer.from(`object ${i}`)))
  assert.equal((await calls('GenerateDataKey')) - before, 1)
  for (let i = 0; i < 5; i += 1) await objects.put(place(`own-key-${i}`), pieces(Buffer.from(`object ${i}`)))
  assert.equal((await calls('GenerateDataKey')) - before, 6)
  const decrypts = await calls('Decrypt')
  const reader = newObjects()
  for (let i = 0; i < 5; i += 1) assert.equal(String(await reader.get(place(`bucket-key-${i}`))), `object ${i}`)
  assert.equal((await calls('Decrypt')) - decrypts, 1)
  // Each has a key of its own nevertheless: the bytes of one are nothing in the place of another.
  writeFileSync(fileOf('bucket-key-1'), readFileSync(fileOf('bucket-key-2')))
  await assert.rejects(reader.get(place('bucket-key-1')))
})

test('a byte that was changed, an end that was cut off, and chunks that changed places are found', async () => {
  const bytes = randomBytes(3 * CHUNK)
  const damages = {
    flipped: (file: string) => {
      const held = readFileSync(file)
      held[CHUNK] = (held[CHUNK] ?? 0) ^ 1
      writeFileSync(file, held)
    },
    cut: (file: string) => truncateSync(file, statSync(file).size - SEALED),
    swapped: (file: string) => {
      const held = readFileSync(file)
      writeFileSync(
        file,
        Buffer.concat([held.subarray(SEALED, 2 * SEALED), held.subarray(0, SEALED), held.subarray(2 * SEALED)]),
      )
    },
  }
  for (const [name, damage] of Object.entries(damages)) {
    await objects.put(place(name), pieces(bytes))
    damage(fileOf(name))
    await assert.rejects(objects.get(place(name)), Error, name)
  }
})

test('an object that the store copied to another name is not read there', async () => {
  await objects.put(place('original'), pieces(Buffer.from('x')))
  await s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: `${BUCKET}/original` }))
  await assert.rejects(objects.get(place('copy')), /of another object/)
})

test('without a permission, with a disabled key, and without Trent nothing is stored and nothing is lost; then everything goes on', async () => {
  await objects.put(place('kept'), pieces(Buffer.from('before')))
  const put = (...statements: readonly object[]) =>
    root.iam.send(
      new PutUserPolicyCommand({
        UserName: 'program',
        PolicyName: 'inline',
        PolicyDocument: policyText(...statements),
      }),
    )
  const fails = async (reason: object | RegExp) => {
    await assert.rejects(newObjects().put(place('kept'), pieces(Buffer.from('after'))), reason)
    await assert.rejects(newObjects().get(place('kept')), reason)
    const { Uploads = [] } = await s3
      .send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))
      .catch(() => ({ Uploads: [] }))
    assert.equal(Uploads.length, 0)
    // Who has the data key already reads on.
    assert.equal(String(await objects.get(place('kept'))), 'before')
  }
  assert.equal(String(await objects.get(place('kept'))), 'before')
  await put(deny('kms:*'))
  await fails({ name: 'AccessDeniedException' })
  await put(allow('kms:*'))
  await root.kms.send(new DisableKeyCommand({ KeyId: keyId }))
  await fails({ name: 'DisabledException' })
  await root.kms.send(new EnableKeyCommand({ KeyId: keyId }))
  await root.kms.send(new RotateKeyOnDemandCommand({ KeyId: keyId }))
  await trent.close()
  await fails(/ECONNREFUSED/)
  await using back = await startTrent('serve', { data: trent.data ?? '', port: new URL(trent.url).port })
  assert.ok(back.url)
  assert.equal(String(await newObjects().get(place('kept'))), 'before')
  await newObjects().put(place('kept'), pieces(Buffer.from('after')))
  assert.equal(String(await newObjects().get(place('kept'))), 'after')
})
