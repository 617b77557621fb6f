import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  ListAliasesCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  type ReplicateKeyCommandInput,
  SignCommand,
  TagResourceCommand,
  UpdateKeyDescriptionCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import {
  AWAY,
  clientsIn,
  decryptedBy,
  described,
  encryptedBy,
  FAR,
  HOME,
  newFamily,
  newPrimary,
  partOf,
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

const arn = (region: string, KeyId: string) => `arn:aws:kms:${region}:${account}:key/${KeyId}`

test('a multi-Region key has an id of its own form and is a primary without replicas', async () => {
  const { KeyMetadata } = await home.send(new CreateKeyCommand({ MultiRegion: true }))
  const { KeyId = '', Arn, MultiRegion, MultiRegionConfiguration, KeyState } = KeyMetadata ?? {}
  assert.match(KeyId, /^mrk-[0-9a-f]{32}$/)
  assert.deepEqual([Arn, MultiRegion, KeyState], [arn(HOME, KeyId), true, 'Enabled'])
  assert.deepEqual(MultiRegionConfiguration, {
    MultiRegionKeyType: 'PRIMARY',
    PrimaryKey: { Arn, Region: HOME },
    ReplicaKeys: [],
  })
  assert.deepEqual(await described(home, KeyId), KeyMetadata)
})

test('a single-Region key has no configuration of that kind', async () => {
  const { KeyMetadata } = await home.send(new CreateKeyCommand({ MultiRegion: false }))
  assert.match(KeyMetadata?.KeyId ?? '', /^[0-9a-f]{8}-/)
  assert.deepEqual([KeyMetadata?.MultiRegion, KeyMetadata?.MultiRegionConfiguration], [false, undefined])
})

test('ReplicateKey answers a key that is being created, which soon is enabled', async () => {
  const KeyId = await newPrimary(home, { Description: 'of the primary', Tags: [{ TagKey: 'a', TagValue: 'b' }] })
  const { $metadata: _, ReplicaKeyMetadata, ...rest } = await replicate(home, KeyId, AWAY)
  assert.deepEqual(Object.keys(rest), ['ReplicaPolicy'])
  const { KeyState, Enabled, Arn, Description, CurrentKeyMaterialId, ...metadata } = ReplicaKeyMetadata ?? {}
  assert.deepEqual(
    [KeyState, Enabled, Arn, Description, CurrentKeyMaterialId],
    ['Creating', false, arn(AWAY, KeyId), '', undefined],
  )
  const { KeyState: _state, Enabled: isEnabled, Arn: _arn, Description: text, ...now } = await described(away, KeyId)
  const { CurrentKeyMaterialId: materialId, ...same } = now
  assert.deepEqual([isEnabled, text, same], [true, '', metadata])
  assert.equal(materialId, (await described(home, KeyId)).CurrentKeyMaterialId)
})

test('every related key tells the same of all of them, itself included', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [AWAY, FAR]])
  for (const kms of [away, far]) assert.deepEqual(await partOf(kms, KeyId), ['REPLICA', HOME, [AWAY, FAR]])
  const { MultiRegionConfiguration } = await described(far, KeyId)
  assert.deepEqual(MultiRegionConfiguration?.ReplicaKeys, [
    { Arn: arn(AWAY, KeyId), Region: AWAY },
    { Arn: arn(FAR, KeyId), Region: FAR },
  ])
})

test('description, policy and tags of a replica are those of its own request, and none are copied', async () => {
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' }],
  })
  const Tags = [{ TagKey: 'of', TagValue: 'replica' }]
  const KeyId = await newPrimary(home, {
    Policy,
    Description: 'primary',
    Tags: [{ TagKey: 'of', TagValue: 'primary' }],
  })
  const answer = await replicate(home, KeyId, AWAY, { Description: 'replica', Tags })
  assert.deepEqual([answer.ReplicaTags, answer.ReplicaKeyMetadata?.Description], [Tags, 'replica'])
  const policy = async (kms: typeof home) => (await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy
  assert.equal(await policy(away), answer.ReplicaPolicy)
  assert.notEqual(await policy(away), await policy(home))
  assert.deepEqual((await away.send(new ListResourceTagsCommand({ KeyId }))).Tags, Tags)
  const { ReplicaPolicy } = await replicate(home, KeyId, FAR, { Policy })
  assert.equal(ReplicaPolicy, await policy(home))
  assert.equal((await far.send(new ListResourceTagsCommand({ KeyId }))).Tags?.length ?? 0, 0)
})

test('what is done to one related key is not done to another', async () => {
  const KeyId = await newFamily(regions)
  const before = await described(home, KeyId)
  await away.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'changed' }))
  await away.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }))
  await away.send(new CreateAliasCommand({ AliasName: 'alias/replica', TargetKeyId: KeyId }))
  await away.send(new DisableKeyCommand({ KeyId }))
  assert.deepEqual(await described(home, KeyId), before)
  assert.equal((await home.send(new ListResourceTagsCommand({ KeyId }))).Tags?.length ?? 0, 0)
  assert.deepEqual((await home.send(new ListAliasesCommand({ KeyId }))).Aliases, [])
  await refused(home.send(new DescribeKeyCommand({ KeyId: 'alias/replica' })), 'NotFoundException')
  await refused(away.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })), 'DisabledException')
  assert.equal(await decryptedBy(home, await encryptedBy(home, KeyId)), 'attack at dawn')
})

test('a ciphertext of any related key, older than the replica or not, decrypts with every other', async () => {
  const KeyId = await newPrimary(home)
  const old = await encryptedBy(home, KeyId, 'older')
  await refused(away.send(new DecryptCommand({ CiphertextBlob: old })), 'AccessDeniedException')
  await replicate(home, KeyId, AWAY)
  await replicate(home, KeyId, FAR)
  for (const ciphertext of [old, await encryptedBy(away, KeyId, 'newer')])
    for (const kms of [home, away, far]) assert.match(await decryptedBy(kms, ciphertext), /^(older|newer)$/)
  for (const named of [KeyId, arn(AWAY, KeyId)]) {
    const answer = await away.send(new DecryptCommand({ CiphertextBlob: old, KeyId: named }))
    assert.equal(answer.KeyId, arn(AWAY, KeyId))
  }
})

test('a key ARN of another Region is refused, related or not', async () => {
  const KeyId = await newFamily(regions)
  const CiphertextBlob = await encryptedBy(home, KeyId)
  const foreign = away.send(new DecryptCommand({ CiphertextBlob, KeyId: arn(HOME, KeyId) }))
  await refused(foreign, 'NotFoundException', `Invalid arn ${HOME}`)
  const { CiphertextBlob: other } = await home.send(
    new EncryptCommand({ KeyId: await newPrimary(home), Plaintext: Buffer.from('x') }),
  )
  await refused(away.send(new DecryptCommand({ CiphertextBlob: other })), 'AccessDeniedException')
  await refused(away.send(new DecryptCommand({ CiphertextBlob: other, KeyId })), 'InvalidCiphertextException')
})

test('ReEncrypt under another related key is answered in its own Region', async () => {
  const KeyId = await newFamily(regions)
  const input = { CiphertextBlob: await encryptedBy(home, KeyId), DestinationKeyId: KeyId }
  const { CiphertextBlob = assert.fail(), SourceKeyId } = await away.send(new ReEncryptCommand(input))
  assert.equal(SourceKeyId, arn(AWAY, KeyId))
  assert.equal(await decryptedBy(home, CiphertextBlob), 'attack at dawn')
})

test('a MAC of one HMAC key is verified by its related key, and by no other', async () => {
  const input = { KeySpec: 'HMAC_384', KeyUsage: 'GENERATE_VERIFY_MAC' } as const
  const KeyId = await newFamily(regions, [AWAY], input)
  const Message = Buffer.from('message')
  const call = { KeyId, Message, MacAlgorithm: 'HMAC_SHA_384' } as const
  const { Mac = assert.fail() } = await home.send(new GenerateMacCommand(call))
  assert.equal((await away.send(new VerifyMacCommand({ ...call, Mac }))).MacValid, true)
  const other = await newPrimary(away, input)
  await refused(away.send(new VerifyMacCommand({ ...call, KeyId: other, Mac })), 'KMSInvalidMacException')
})

const SIGNERS = [
  ['RSA_2048', 'RSASSA_PSS_SHA_256'],
  ['ECC_NIST_P256', 'ECDSA_SHA_256'],
  ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'],
  ['ML_DSA_44', 'ML_DSA_SHAKE_256'],
] as const
for (const [KeySpec, SigningAlgorithm] of SIGNERS)
  test(`related ${KeySpec} keys have one public key, and verify what either signed`, async () => {
    const KeyId = await newFamily(regions, [AWAY], { KeySpec, KeyUsage: 'SIGN_VERIFY' })
    const call = { KeyId, SigningAlgorithm, Message: Buffer.from('message') } as const
    for (const [signer, verifier] of [
      [home, away],
      [away, home],
    ] as const) {
      const { Signature } = await signer.send(new SignCommand(call))
      assert.equal((await verifier.send(new VerifyCommand({ ...call, Signature }))).SignatureValid, true)
      const Message = Buffer.from('another message')
      await refused(verifier.send(new VerifyCommand({ ...call, Message, Signature })), 'KMSInvalidSignatureException')
    }
    const publicKey = async (kms: typeof home) => (await kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey
    assert.deepEqual(await publicKey(home), await publicKey(away))
  })

test('what a related RSA key encrypted decrypts with the other', async () => {
  const KeyId = await newFamily(regions, [AWAY], { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
  const named = { KeyId, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const
  const { CiphertextBlob } = await home.send(new EncryptCommand({ ...named, Plaintext: Buffer.from('text') }))
  const { Plaintext = assert.fail() } = await away.send(new DecryptCommand({ ...named, CiphertextBlob }))
  assert.equal(Buffer.from(Plaintext).toString(), 'text')
})

test('related keys agree on one secret with a third', async () => {
  const input: CreateKeyCommandInput = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }
  const KeyId = await newFamily(regions, [AWAY], input)
  const { PublicKey } = await home.send(new GetPublicKeyCommand({ KeyId: await newPrimary(home, input) }))
  const call = new DeriveSharedSecretCommand({ KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' })
  assert.deepEqual((await home.send(call)).SharedSecret, (await away.send(call)).SharedSecret)
})

test('ReplicateKey of what is no primary is refused', async () => {
  const KeyId = await newFamily(regions)
  const notPrimary = (named: string) => `${named} is not a multi-region primary key.`
  await refused(replicate(away, KeyId, FAR), 'UnsupportedOperationException', notPrimary(arn(AWAY, KeyId)))
  const { KeyMetadata } = await home.send(new CreateKeyCommand({}))
  const single = replicate(home, KeyMetadata?.KeyId ?? '', AWAY)
  await refused(single, 'UnsupportedOperationException', notPrimary(KeyMetadata?.Arn ?? ''))
  await refused(replicate(far, KeyId, AWAY), 'NotFoundException', `Key '${arn(FAR, KeyId)}' does not exist`)
  await refused(described(far, KeyId), 'NotFoundException')
})

test('a Region has one related key at the most', async () => {
  const KeyId = await newFamily(regions)
  const message = `Key '${arn(AWAY, KeyId)}' already exists`
  await refused(replicate(home, KeyId, AWAY), 'AlreadyExistsException', message)
  const answers = await Promise.allSettled([1, 2, 3, 4].map(() => replicate(home, KeyId, FAR)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected', 'rejected'])
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [AWAY, FAR]])
})

for (const [region, code] of [
  [HOME, 'UnsupportedOperationException'],
  ['cn-north-1', 'UnsupportedOperationException'],
  ['us-gov-west-1', 'UnsupportedOperationException'],
  ['nowhere', 'ValidationException'],
  ['', 'ValidationException'],
] as const)
  test(`a key of ${HOME} is not replicated to '${region}'`, async () => {
    const KeyId = await newPrimary(home)
    await refused(replicate(home, KeyId, region), code)
    assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, []])
  })

test('ReplicateKey refuses what CreateKey would refuse, and makes nothing', async () => {
  const KeyId = await newPrimary(home)
  const lockout = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:DescribeKey', Resource: '*' }],
  })
  const inHomeAlone = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: account },
        Action: 'kms:*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:RequestedRegion': HOME } },
      },
    ],
  })
  const tag = { TagKey: 'a', TagValue: '' }
  const inputs: ReadonlyArray<readonly [Partial<ReplicateKeyCommandInput>, string]> = [
    [{ Policy: 'no policy' }, 'MalformedPolicyDocumentException'],
    [{ Policy: lockout }, 'MalformedPolicyDocumentException'],
    [{ Policy: inHomeAlone }, 'MalformedPolicyDocumentException'],
    [{ Tags: [tag, tag] }, 'TagException'],
    [{ Tags: [{ ...tag, TagKey: 'aws:a' }] }, 'TagException'],
    [{ Description: 'x'.repeat(8193) }, 'ValidationException'],
  ]
  for (const [input, code] of inputs) await refused(replicate(home, KeyId, AWAY, input), code)
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, []])
  await refused(described(away, KeyId), 'NotFoundException')
  await replicate(home, KeyId, AWAY, { Policy: lockout, BypassPolicyLockoutSafetyCheck: true })
  await refused(encryptedBy(away, KeyId), 'AccessDeniedException')
  assert.equal(await stateOf(away, KeyId), 'Enabled')
})

test('a disabled primary is not replicated; an alias does not name one here', async () => {
  const KeyId = await newPrimary(home)
  await home.send(new CreateAliasCommand({ AliasName: `alias/${KeyId}`, TargetKeyId: KeyId }))
  await refused(replicate(home, `alias/${KeyId}`, AWAY), 'InvalidArnException')
  await home.send(new DisableKeyCommand({ KeyId }))
  await refused(replicate(home, KeyId, AWAY), 'DisabledException', `${arn(HOME, KeyId)} is disabled.`)
})

test('the policy of the primary decides who replicates it, and where to', async () => {
  const KeyId = await newPrimary(home)
  const statement = (Effect: string, Action: string, Condition: object) => ({
    Effect,
    Principal: { AWS: account },
    Action,
    Resource: '*',
    Condition,
  })
  const put = (...statements: readonly object[]) =>
    home.send(
      new PutKeyPolicyCommand({
        KeyId,
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement('Allow', 'kms:*', {}), ...statements] }),
      }),
    )
  await put(statement('Deny', 'kms:ReplicateKey', { StringNotEquals: { 'kms:ReplicaRegion': AWAY } }))
  await refused(replicate(home, KeyId, FAR), 'AccessDeniedException')
  await replicate(home, KeyId, AWAY)
  await put(statement('Deny', 'kms:ReplicateKey', { StringEquals: { 'kms:MultiRegionKeyType': 'PRIMARY' } }))
  await refused(replicate(home, KeyId, FAR), 'AccessDeniedException')
  await put(statement('Deny', 'kms:ReplicateKey', { StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA' } }))
  await replicate(home, KeyId, FAR)
})

test('in the emulator a fixed id is of the form that its kind of key has', async () => {
  const tagged = (id: string, MultiRegion: boolean) =>
    new CreateKeyCommand({ MultiRegion, Tags: [{ TagKey: '_custom_id_', TagValue: id }] })
  const id = 'mrk-0123456789abcdef0123456789abcdef'
  await refused(home.send(tagged('01234567-89ab-4def-8123-456789abcdef', true)), 'ValidationException')
  await refused(home.send(tagged(id, false)), 'ValidationException')
  assert.equal((await home.send(tagged(id, true))).KeyMetadata?.KeyId, id)
  await replicate(home, id, AWAY)
  assert.equal(await decryptedBy(away, await encryptedBy(home, id)), 'attack at dawn')
})
