import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { REGION, startTrent } from '../support/trent.ts'

// It is out of maintenance and says so on every start; it is still what much software uses.
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1'
const { default: AWS } = await import('aws-sdk')

for (const mode of ['dev', 'serve'] as const) {
  const trent = await startTrent(mode)
  after(() => trent[Symbol.asyncDispose]())
  const options = {
    endpoint: trent.url,
    region: REGION,
    credentials: new AWS.Credentials(trent.credentials),
    maxRetries: 0,
  }
  const kms = new AWS.KMS(options)

  test(`AWS SDK v2, ${mode}: a key encrypts and decrypts`, async () => {
    const { KeyMetadata } = await kms.createKey({ Tags: [{ TagKey: 'a', TagValue: 'b' }] }).promise()
    const KeyId = KeyMetadata?.KeyId ?? ''
    assert.ok(KeyMetadata?.CreationDate instanceof Date)
    await kms.createAlias({ AliasName: 'alias/v2', TargetKeyId: KeyId }).promise()
    const EncryptionContext = { purpose: 'test' }
    const { CiphertextBlob = '' } = await kms
      .encrypt({ KeyId: 'alias/v2', Plaintext: 'secret', EncryptionContext })
      .promise()
    const opened = await kms.decrypt({ CiphertextBlob, EncryptionContext }).promise()
    assert.equal(String(opened.Plaintext), 'secret')
    assert.equal(opened.KeyId, KeyMetadata?.Arn)
    await assert.rejects(kms.decrypt({ CiphertextBlob }).promise(), {
      code: 'InvalidCiphertextException',
      statusCode: 400,
    })
  })

  test(`AWS SDK v2, ${mode}: errors have codes, messages and request ids`, async () => {
    await assert.rejects(kms.describeKey({ KeyId: 'no-key' }).promise(), (thrown) => {
      assert.ok(thrown instanceof Error && 'code' in thrown && 'requestId' in thrown)
      assert.deepEqual([thrown.code, thrown.message], ['NotFoundException', "Invalid keyId 'no-key'"])
      assert.match(String(thrown.requestId), /^[0-9a-f-]{36}$/)
      return true
    })
  })

  test(`AWS SDK v2, ${mode}: who the caller is`, async () => {
    assert.equal((await new AWS.STS(options).getCallerIdentity({}).promise()).Account, trent.account)
  })
}

test('AWS SDK v2, serve: a wrong secret is refused', async () => {
  await using trent = await startTrent('serve')
  const credentials = new AWS.Credentials({ ...trent.credentials, secretAccessKey: 'wrong' })
  const options = { endpoint: trent.url, region: REGION, credentials, maxRetries: 0 }
  await assert.rejects(new AWS.KMS(options).listKeys({}).promise(), { code: 'InvalidSignatureException' })
  await assert.rejects(new AWS.STS(options).getCallerIdentity({}).promise(), {
    code: 'SignatureDoesNotMatch',
    statusCode: 403,
  })
})
