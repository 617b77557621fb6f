import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, test } from 'node:test'
import { buildClient, CommitmentPolicy, getClient, KMS, KmsKeyringNode } from '@aws-crypto/client-node'
import { createKey } from '../support/key.ts'
import { trailEvents } from '../support/trail.ts'
import { REGION, startTrent } from '../support/trent.ts'

const { encryptStream, decryptStream, encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const CHUNK = Buffer.alloc(65_536, 'Trent')
const CHUNKS = 160
const context = { purpose: 'test', tenant: '\u00e4' }

for (const mode of ['dev', 'serve'] as const) {
  const trent = await startTrent(mode, { data: 'temporary' })
  after(() => trent[Symbol.asyncDispose]())
  // @ts-expect-error Its types are not made for exactOptionalPropertyTypes; what they describe is the same.
  const clientProvider = getClient(KMS, { endpoint: trent.url, region: REGION, credentials: trent.credentials })
  const keyring = async (generatorKeyId: string) => new KmsKeyringNode({ generatorKeyId, clientProvider })

  test(`AWS Encryption SDK, ${mode}: 10 MB go through a stream and back under a context`, async () => {
    const { Arn } = await createKey(trent)
    const source = createHash('sha256')
    const target = createHash('sha256')
    const chunks = Readable.from(
      (function* () {
        for (let i = 0; i < CHUNKS; i += 1) {
          source.update(CHUNK)
          yield CHUNK
        }
      })(),
    )
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        target.update(chunk)
        done()
      },
    })
    let header: object = {}
    const opening = decryptStream(await keyring(Arn)).on('MessageHeader', (found: { encryptionContext: object }) => {
      header = found.encryptionContext
    })
    await pipeline(chunks, encryptStream(await keyring(Arn), { encryptionContext: context }), opening, sink)
    assert.equal(target.digest('hex'), source.digest('hex'))
    const { 'aws-crypto-public-key': publicKey, ...rest } = Object.fromEntries(Object.entries(header))
    assert.deepEqual(rest, context)
    assert.equal(typeof publicKey, 'string')
    const calls = (await trailEvents(trent.data ?? '')).filter(({ eventType }) => eventType === 'AwsApiCall')
    const used = calls.map(({ eventName }) => eventName)
    assert.deepEqual(used, ['CreateKey', 'GenerateDataKey', 'Decrypt'])
  })

  test(`AWS Encryption SDK, ${mode}: a message whose context was changed does not open`, async () => {
    const { Arn } = await createKey(trent)
    const { result } = await encrypt(await keyring(Arn), Buffer.from('secret'), { encryptionContext: context })
    const { plaintext } = await decrypt(await keyring(Arn), result)
    assert.equal(plaintext.toString(), 'secret')
    const at = result.indexOf('purpose')
    const changed = Buffer.concat([result.subarray(0, at), Buffer.from('PURPOSE'), result.subarray(at + 7)])
    await assert.rejects(
      decrypt(await keyring(Arn), changed),
      /InvalidCiphertext|unable to decrypt|unencryptedDataKey/i,
    )
    const refused = (await trailEvents(trent.data ?? '')).filter(({ errorCode }) => errorCode !== undefined)
    assert.ok(refused.some(({ errorCode }) => errorCode === 'InvalidCiphertextException'))
  })

  test(`AWS Encryption SDK, ${mode}: another key does not open a message`, async () => {
    const [key, other] = await Promise.all([createKey(trent), createKey(trent)])
    const { result } = await encrypt(await keyring(key.Arn), Buffer.from('secret'), { encryptionContext: context })
    await assert.rejects(decrypt(await keyring(other.Arn), result))
    await trent.ok('DisableKey', { KeyId: key.KeyId })
    await assert.rejects(decrypt(await keyring(key.Arn), result))
  })
}
