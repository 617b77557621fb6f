import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { newAccount, REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())
const caller = { account: newAccount() }

test('a key made without options is an enabled symmetric key', async () => {
  const before = Date.now() / 1000
  const { KeyMetadata } = await trent.ok('CreateKey', {}, caller)
  const { KeyId, CreationDate, CurrentKeyMaterialId, ...rest } = KeyMetadata
  assert.match(KeyId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.match(CurrentKeyMaterialId, /^[0-9a-f]{64}$/)
  assert.ok(CreationDate >= before - 0.001 && CreationDate <= Date.now() / 1000)
  assert.deepEqual(rest, {
    AWSAccountId: caller.account,
    Arn: `arn:aws:kms:${REGION}:${caller.account}:key/${KeyId}`,
    Enabled: true,
    Description: '',
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: 'Enabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
  })
})

for (const size of [224, 256, 384, 512])
  for (const member of ['KeySpec', 'CustomerMasterKeySpec'])
    test(`HMAC_${size} as ${member} makes an HMAC key, without encryption algorithms and material id`, async () => {
      const input = { [member]: `HMAC_${size}`, KeyUsage: 'GENERATE_VERIFY_MAC', Description: 'mac' }
      const metadata: object = await createKey(trent, caller, input)
      const shown = Object.entries(metadata).filter(([name]) => /Spec|Usage|Algorithms|Material|Description/.test(name))
      assert.deepEqual(Object.fromEntries(shown), {
        CustomerMasterKeySpec: `HMAC_${size}`,
        Description: 'mac',
        KeySpec: `HMAC_${size}`,
        KeyUsage: 'GENERATE_VERIFY_MAC',
        MacAlgorithms: [`HMAC_SHA_${size}`],
      })
    })

test('DescribeKey shows what CreateKey showed', async () => {
  const { KeyMetadata } = await trent.ok('CreateKey', { Description: 'shown' }, caller)
  assert.deepEqual((await trent.ok('DescribeKey', { KeyId: KeyMetadata.KeyId }, caller)).KeyMetadata, KeyMetadata)
})

test('each call makes a key of its own', async () => {
  const made = await Promise.all([createKey(trent, caller), createKey(trent, caller), createKey(trent, caller)])
  assert.equal(new Set(made.map(({ KeyId }) => KeyId)).size, 3)
  assert.equal(new Set(made.map(({ CurrentKeyMaterialId }) => CurrentKeyMaterialId)).size, 3)
})

const NO_USAGE = 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.'
const REFUSED = [
  [{ KeySpec: 'HMAC_256' }, 'ValidationException', NO_USAGE],
  [{ KeySpec: 'RSA_2048' }, 'ValidationException', NO_USAGE],
  [{ CustomerMasterKeySpec: 'ECC_NIST_P256' }, 'ValidationException', NO_USAGE],
  [
    { KeySpec: 'RSA_2048', KeyUsage: 'KEY_AGREEMENT' },
    'ValidationException',
    'KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048',
  ],
  [
    { KeyUsage: 'SIGN_VERIFY' },
    'ValidationException',
    'KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT',
  ],
  [
    { KeySpec: 'HMAC_256', KeyUsage: 'ENCRYPT_DECRYPT' },
    'ValidationException',
    'KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec HMAC_256',
  ],
  [
    { KeySpec: 'HMAC_256', CustomerMasterKeySpec: 'HMAC_384', KeyUsage: 'GENERATE_VERIFY_MAC' },
    'ValidationException',
    'You cannot specify KeySpec and CustomerMasterKeySpec with different values in the same request.',
  ],
  // AWS offers it in China alone.
  [{ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException', 'KeySpec SM2 is not supported.'],
  [{ Tags: [tag('a'), tag('a')] }, 'TagException', 'Duplicate tag keys'],
  [{ Tags: [tag('AWS:a')] }, 'TagException', 'Tags beginning with aws: are reserved'],
  [{ Tags: Array.from({ length: 51 }, (_, index) => tag(`t${index}`)) }, 'TagException', 'Too many tags'],
  [{ Policy: 'no policy' }, 'MalformedPolicyDocumentException', /./],
] as const

function tag(TagKey: string) {
  return { TagKey, TagValue: '' }
}

for (const [input, code, message] of REFUSED)
  test(`CreateKey refuses ${JSON.stringify(input).slice(0, 90)} with ${code}`, async () => {
    refusedWith(await trent.kms('CreateKey', input, caller), code, message)
  })

test('a refused CreateKey makes no key', async () => {
  const alone = { account: newAccount() }
  for (const [input] of REFUSED) await trent.kms('CreateKey', input, alone)
  assert.deepEqual((await trent.ok('ListKeys', {}, alone)).Keys, [])
})

test('50 tags are kept, sorted by key', async () => {
  const Tags = Array.from({ length: 50 }, (_, index) => tag(`t${(index * 7) % 50}`))
  const { KeyId } = await createKey(trent, caller, { Tags })
  const listed = await trent.ok('ListResourceTags', { KeyId }, caller)
  assert.deepEqual(
    listed.Tags.map(({ TagKey }) => TagKey),
    Tags.map(({ TagKey }) => TagKey).sort(),
  )
})

const CUSTOM_ID = 'b2a1c3d4-0000-4000-8000-0123456789ab'
const custom = (value: string) => ({ Tags: [{ TagKey: '_custom_id_', TagValue: value }, tag('kept')] })

test('the emulator takes the id of a new key from the tag _custom_id_, which it does not keep', async () => {
  const alone = { account: newAccount() }
  const { KeyId, Arn } = await createKey(trent, alone, custom(CUSTOM_ID))
  assert.equal(KeyId, CUSTOM_ID)
  assert.ok(Arn.endsWith(`:key/${CUSTOM_ID}`))
  assert.deepEqual((await trent.ok('ListResourceTags', { KeyId }, alone)).Tags, [tag('kept')])
})

test('an id that a key has already is refused', async () => {
  const alone = { account: newAccount() }
  await createKey(trent, alone, custom(CUSTOM_ID))
  refusedWith(await trent.kms('CreateKey', custom(CUSTOM_ID), alone), 'AlreadyExistsException')
})

test('a _custom_id_ that is no key id is refused', async () => {
  refusedWith(await trent.kms('CreateKey', custom('mine'), caller), 'ValidationException')
})

test('material from the tag _custom_key_material_ makes the MAC of that key', async () => {
  const Tags = [{ TagKey: '_custom_key_material_', TagValue: Buffer.alloc(32, 7).toString('base64') }]
  const { KeyId } = await createKey(trent, caller, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC', Tags })
  const { Mac } = await trent.ok('GenerateMac', { KeyId, Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }, caller)
  // HMAC-SHA-256 of "a" under 32 bytes of 0x07, by OpenSSL.
  assert.equal(
    Buffer.from(Mac, 'base64').toString('hex'),
    '4e7004bebac287656f96a29d4b16be2d4aa352cf8871cd2222f27bd0240e6118',
  )
})

for (const value of [Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64'), '', 'no base64'])
  test(`'${value}' is no material of a symmetric key`, async () => {
    const Tags = [{ TagKey: '_custom_key_material_', TagValue: value }]
    refusedWith(await trent.kms('CreateKey', { Tags }, caller), 'ValidationException')
  })

test('two accounts may bring the same id and material, and do not read each other', async () => {
  const [one, other] = [{ account: newAccount() }, { account: newAccount() }]
  const material = { TagKey: '_custom_key_material_', TagValue: Buffer.alloc(32, 9).toString('base64') }
  const Tags = [{ TagKey: '_custom_id_', TagValue: CUSTOM_ID }, material]
  for (const account of [one, other]) await createKey(trent, account, { Tags })
  const { CiphertextBlob } = await trent.ok('Encrypt', { KeyId: CUSTOM_ID, Plaintext: 'YQ==' }, one)
  refusedWith(await trent.kms('Decrypt', { CiphertextBlob, KeyId: CUSTOM_ID }, other), 'IncorrectKeyException')
})
