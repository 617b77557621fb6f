import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createHmacKey, createKey, encrypt, NO_KEY } from '../../support/key.ts'
import { newAccount, REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const stranger = { account: newAccount() }
const key = await createKey(trent, caller)
const hmacKey = await createHmacKey(trent, caller)
const blob = await encrypt(trent, key.KeyId, 'text', caller)
const { Mac } = await trent.ok(
  'GenerateMac',
  { KeyId: hmacKey.KeyId, Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' },
  caller,
)
await trent.ok('CreateAlias', { AliasName: 'alias/key', TargetKeyId: key.KeyId }, caller)
await trent.ok('CreateAlias', { AliasName: 'alias/hmac', TargetKeyId: hmacKey.KeyId }, caller)

const arn = (resource: string, account = caller.account, region: string = REGION) =>
  `arn:aws:kms:${region}:${account}:${resource}`
const MAC = { Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }

/** Operations that take all four identifiers; `member` names the key, `answers` shows which member of the answer does. */
const FOUR_FORMS = [
  { operation: 'Decrypt', input: { CiphertextBlob: blob } },
  { operation: 'DescribeKey', input: {}, answers: 'nested' },
  { operation: 'Encrypt', input: { Plaintext: 'YQ==' } },
  { operation: 'GenerateDataKey', input: { KeySpec: 'AES_256' } },
  { operation: 'GenerateDataKeyWithoutPlaintext', input: { NumberOfBytes: 3 } },
  { operation: 'GenerateMac', input: MAC, isMac: true },
  { operation: 'ReEncrypt', input: { CiphertextBlob: blob, DestinationKeyId: key.KeyId }, member: 'SourceKeyId' },
  { operation: 'ReEncrypt', input: { CiphertextBlob: blob }, member: 'DestinationKeyId' },
  { operation: 'VerifyMac', input: { ...MAC, Mac }, isMac: true },
] as const

/** Operations that refuse aliases. */
const IDS_ONLY = [
  { operation: 'CancelKeyDeletion', input: {} },
  { operation: 'DisableKey', input: {} },
  { operation: 'DisableKeyRotation', input: {} },
  { operation: 'EnableKey', input: {} },
  { operation: 'EnableKeyRotation', input: {} },
  { operation: 'GetKeyRotationStatus', input: {} },
  { operation: 'ListKeyRotations', input: {} },
  { operation: 'RotateKeyOnDemand', input: {} },
  { operation: 'GetKeyPolicy', input: {} },
  { operation: 'ListAliases', input: {} },
  { operation: 'ListKeyPolicies', input: {} },
  { operation: 'ListResourceTags', input: {} },
  { operation: 'PutKeyPolicy', input: { Policy: '{}' } },
  { operation: 'ScheduleKeyDeletion', input: {} },
  { operation: 'TagResource', input: { Tags: [] } },
  { operation: 'UntagResource', input: { TagKeys: [] } },
  { operation: 'UpdateKeyDescription', input: { Description: '' } },
] as const

const ALL = [
  ...FOUR_FORMS,
  ...IDS_ONLY,
  { operation: 'CreateAlias', input: { AliasName: 'alias/other' }, member: 'TargetKeyId' },
  { operation: 'UpdateAlias', input: { AliasName: 'alias/key' }, member: 'TargetKeyId' },
] as const

const memberOf = (row: (typeof ALL)[number]) => ('member' in row ? row.member : 'KeyId')

for (const row of FOUR_FORMS) {
  const { KeyId, Arn } = 'isMac' in row ? hmacKey : key
  const alias = 'isMac' in row ? 'alias/hmac' : 'alias/key'
  for (const named of [KeyId, Arn, alias, arn(alias)])
    test(`${row.operation} takes ${memberOf(row)} ${named.replace(KeyId, 'KEY')} and answers the key's ARN`, async () => {
      const output = await trent.ok(row.operation, { ...row.input, [memberOf(row)]: named }, caller)
      assert.equal('answers' in row ? output.KeyMetadata.Arn : output.KeyId, Arn)
    })
}

for (const { operation, input } of IDS_ONLY)
  for (const named of ['alias/key', arn('alias/key'), 'alias/no-such'])
    test(`${operation} refuses the alias ${named}`, async () => {
      refusedWith(
        await trent.kms(operation, { ...input, KeyId: named }, caller),
        'InvalidArnException',
        'Key Aliases are not supported for this operation.',
      )
    })

for (const operation of ['CreateAlias', 'UpdateAlias'])
  for (const TargetKeyId of ['alias/key', arn('alias/key')])
    test(`${operation} refuses the target ${TargetKeyId}`, async () => {
      refusedWith(
        await trent.kms(operation, { AliasName: 'alias/key', TargetKeyId }, caller),
        'ValidationException',
        'Aliases must refer to keys. Not aliases',
      )
    })

const UNKNOWN = [
  [NO_KEY, `Key '${arn(`key/${NO_KEY}`)}' does not exist`],
  [arn(`key/${NO_KEY}`), `Key '${arn(`key/${NO_KEY}`)}' does not exist`],
  ['mrk-0123456789abcdef0123456789abcdef', `Key '${arn('key/mrk-0123456789abcdef0123456789abcdef')}' does not exist`],
  [arn(`key/${key.KeyId}`, caller.account, 'eu-west-1'), 'Invalid arn eu-west-1'],
  [arn('alias/key', caller.account, 'eu-west-1'), 'Invalid arn eu-west-1'],
  ['no-key', "Invalid keyId 'no-key'"],
  [NO_KEY.replaceAll('-', ''), `Invalid keyId '${NO_KEY.replaceAll('-', '')}'`],
  [key.KeyId.toUpperCase(), `Invalid keyId '${key.KeyId.toUpperCase()}'`],
  [` ${key.KeyId}`, `Invalid keyId ' ${key.KeyId}'`],
  ['mrk-fake-key-id', "Invalid keyId 'mrk-fake-key-id'"],
  ['arn:aws:kms:us-east-1', "Invalid keyId 'arn:aws:kms:us-east-1'"],
  ['__proto__', "Invalid keyId '__proto__'"],
] as const

for (const row of ALL)
  test(`${row.operation} finds no key by a ${memberOf(row)} that names none`, async () => {
    for (const [named, message] of UNKNOWN) {
      // Aliases are refused before their Region is looked at by some operations; the four-form ones show it.
      if (named.includes('alias/') && !FOUR_FORMS.some((form) => form === row)) continue
      refusedWith(
        await trent.kms(row.operation, { ...row.input, [memberOf(row)]: named }, caller),
        'NotFoundException',
        message,
      )
    }
  })

for (const row of FOUR_FORMS)
  test(`${row.operation} finds no key by an alias in ${memberOf(row)} that does not exist`, async () => {
    for (const named of ['alias/no-such', arn('alias/no-such'), 'alias/', 'alias/KEY'])
      refusedWith(
        await trent.kms(row.operation, { ...row.input, [memberOf(row)]: named }, caller),
        'NotFoundException',
        `Alias ${named.startsWith('arn:') ? named : arn(named)} is not found.`,
      )
  })

/** Whether another account's key exists must not show. */
const hidden = (action: string) =>
  `User: arn:aws:iam::${stranger.account}:root is not authorized to perform: ${action} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`
const actionOf = (row: (typeof ALL)[number]) =>
  row.operation !== 'ReEncrypt'
    ? `kms:${row.operation}`
    : `kms:ReEncrypt${memberOf(row) === 'SourceKeyId' ? 'From' : 'To'}`

for (const row of ALL.filter(({ operation }) => operation !== 'UpdateAlias'))
  test(`${row.operation} answers alike for another account's key in ${memberOf(row)}, be it there or not`, async () => {
    const own = await createKey(trent, stranger)
    const CiphertextBlob = await encrypt(trent, own.KeyId, 'text', stranger)
    const input = { ...row.input, ...('CiphertextBlob' in row.input ? { CiphertextBlob } : {}) }
    const { Arn } = 'isMac' in row ? hmacKey : key
    for (const named of [Arn, arn(`key/${NO_KEY}`)]) {
      const answer = await trent.kms(row.operation, { ...input, [memberOf(row)]: named }, stranger)
      if (answer.code === 'IncorrectKeyException') continue
      refusedWith(answer, 'AccessDeniedException', hidden(actionOf(row)))
    }
  })
