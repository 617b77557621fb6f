import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisabledException,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  InvalidCiphertextException,
  KMSClient,
  KMSInvalidMacException,
  ListResourceTagsCommand,
  NotFoundException,
  paginateListAliases,
  paginateListKeys,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  UnsupportedOperationException,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { REGION, startTrent } from '../support/trent.ts'

for (const mode of ['dev', 'serve'] as const) {
  const trent = await startTrent(mode)
  const options = { endpoint: trent.url, region: REGION, credentials: trent.credentials }
  const kms = new KMSClient(options)
  after(async () => {
    kms.destroy()
    await trent[Symbol.asyncDispose]()
  })

  test(`AWS SDK v3, ${mode}: keys, aliases, policies and tags`, async () => {
    const { KeyMetadata } = await kms.send(
      new CreateKeyCommand({ Description: 'sdk', Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
    )
    const KeyId = KeyMetadata?.KeyId
    assert.ok(
      KeyMetadata?.CreationDate instanceof Date && Math.abs(KeyMetadata.CreationDate.getTime() - Date.now()) < 60_000,
    )
    const aliased = await kms.send(new CreateAliasCommand({ AliasName: 'alias/sdk', TargetKeyId: KeyId }))
    assert.equal(aliased.$metadata.httpStatusCode, 200)
    const described = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/sdk' }))
    assert.deepEqual(described.KeyMetadata, KeyMetadata)
    assert.match(String(described.$metadata.requestId), /^[0-9a-f-]{36}$/)
    const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId }))
    assert.deepEqual(Tags, [{ TagKey: 'a', TagValue: 'b' }])
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
    assert.equal(JSON.parse(Policy ?? '').Id, 'key-default-1')
  })

  test(`AWS SDK v3, ${mode}: encryption, data keys and re-encryption`, async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const KeyId = KeyMetadata?.KeyId
    const EncryptionContext = { purpose: 'test', '\u00e4': '\u{1f511}' }
    const Plaintext = Buffer.from('secret')
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }))
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
    assert.deepEqual(Buffer.from(opened.Plaintext ?? []), Plaintext)
    const moved = await kms.send(
      new ReEncryptCommand({ CiphertextBlob, SourceEncryptionContext: EncryptionContext, DestinationKeyId: KeyId }),
    )
    assert.deepEqual(
      Buffer.from((await kms.send(new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob }))).Plaintext ?? []),
      Plaintext,
    )
    const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }))
    const again = await kms.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob, EncryptionContext }))
    assert.deepEqual(again.Plaintext, dataKey.Plaintext)
    assert.equal((await kms.send(new GenerateRandomCommand({ NumberOfBytes: 24 }))).Plaintext?.length, 24)
    await assert.rejects(kms.send(new DecryptCommand({ CiphertextBlob })), InvalidCiphertextException)
  })

  test(`AWS SDK v3, ${mode}: MACs`, async () => {
    const { KeyMetadata } = await kms.send(
      new CreateKeyCommand({ KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    )
    const input = { KeyId: KeyMetadata?.KeyId, Message: Buffer.from('message'), MacAlgorithm: 'HMAC_SHA_512' } as const
    const { Mac } = await kms.send(new GenerateMacCommand(input))
    assert.equal((await kms.send(new VerifyMacCommand({ ...input, Mac }))).MacValid, true)
    const wrong = { ...input, Message: Buffer.from('other'), Mac }
    await assert.rejects(kms.send(new VerifyMacCommand(wrong)), KMSInvalidMacException)
  })

  test(`AWS SDK v3, ${mode}: errors are of their classes`, async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const { KeyId, Arn } = KeyMetadata ?? {}
    await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: 'alias/none' })), NotFoundException)
    await kms.send(new DisableKeyCommand({ KeyId }))
    await assert.rejects(kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('a') })), (thrown) => {
      assert.ok(thrown instanceof DisabledException)
      assert.equal(thrown.message, `${Arn} is disabled.`)
      return true
    })
    const { DeletionDate } = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
    assert.ok(DeletionDate instanceof Date)
    await assert.rejects(kms.send(new GenerateRandomCommand({ NumberOfBytes: 0 })), { name: 'ValidationException' })
    await assert.rejects(
      kms.send(new CreateKeyCommand({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' })),
      UnsupportedOperationException,
    )
  })

  test(`AWS SDK v3, ${mode}: pages`, async () => {
    const KeyId = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId
    for (const name of ['a', 'b', 'c'])
      await kms.send(new CreateAliasCommand({ AliasName: `alias/page/${name}`, TargetKeyId: KeyId }))
    const names: unknown[] = []
    for await (const page of paginateListAliases({ client: kms, pageSize: 1 }, { KeyId }))
      names.push(...(page.Aliases ?? []).map((alias) => alias.AliasName))
    assert.deepEqual(names, ['alias/page/a', 'alias/page/b', 'alias/page/c'])
    let keys = 0
    for await (const page of paginateListKeys({ client: kms, pageSize: 2 }, {})) keys += page.Keys?.length ?? 0
    assert.ok(keys >= 1)
  })

  test(`AWS SDK v3, ${mode}: who the caller is`, async () => {
    const sts = new STSClient(options)
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}))
    assert.deepEqual([Account, Arn], [trent.account, `arn:aws:iam::${trent.account}:root`])
    sts.destroy()
  })
}

test('AWS SDK v3, serve: a wrong secret and an unknown key are refused by name', async () => {
  await using trent = await startTrent('serve')
  const refused = [
    [{ ...trent.credentials, secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    [{ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wrong' }, 'UnrecognizedClientException'],
    [{ ...trent.credentials, sessionToken: 'token' }, 'UnrecognizedClientException'],
  ] as const
  for (const [credentials, name] of refused) {
    const kms = new KMSClient({ endpoint: trent.url, region: REGION, credentials, maxAttempts: 1 })
    await assert.rejects(kms.send(new CreateKeyCommand({})), { name })
    kms.destroy()
  }
})

test('AWS SDK v3, dev: throttling is tried again until it ends', async () => {
  await using trent = await startTrent('dev')
  const kms = new KMSClient({ endpoint: trent.url, region: REGION, credentials: trent.credentials })
  await trent.control('POST', '/_trent/faults', { operation: 'GenerateRandom', error: 'ThrottlingException', times: 2 })
  const { $metadata } = await kms.send(new GenerateRandomCommand({ NumberOfBytes: 1 }))
  assert.equal($metadata.attempts, 3)
  kms.destroy()
})
