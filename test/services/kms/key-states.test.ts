import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith, succeeded } from '../../support/answer.ts'
import { createHmacKey, createKey, encrypt } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const STATES = ['Enabled', 'Disabled', 'PendingDeletion'] as const
/** What a refused cell answers. Source: key-state table of the KMS developer guide. */
const REFUSALS = {
  1: ['DisabledException', 'is disabled.'],
  3: ['KMSInvalidStateException', 'is pending deletion.'],
  4: ['KMSInvalidStateException', 'is not pending deletion.'],
} as const

type Cell = 'works' | keyof typeof REFUSALS
type Setting = Awaited<ReturnType<typeof setting>>
type Row = readonly [
  operation: string,
  cells: readonly [Cell, Cell, Cell],
  input: (made: Setting) => object,
  note?: string,
]

const CRYPTO = ['works', 1, 3] as const
const LIVE = ['works', 'works', 3] as const
const ANY = ['works', 'works', 'works'] as const
const MAC = { Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }

const TABLE: readonly Row[] = [
  ['CancelKeyDeletion', [4, 4, 'works'], ({ KeyId }) => ({ KeyId })],
  ['CreateAlias', LIVE, ({ KeyId }) => ({ AliasName: 'alias/new', TargetKeyId: KeyId })],
  ['Decrypt', CRYPTO, ({ blob }) => ({ CiphertextBlob: blob })],
  ['Decrypt', CRYPTO, ({ KeyId, blob }) => ({ KeyId, CiphertextBlob: blob }), 'with KeyId'],
  ['DeleteAlias', ANY, () => ({ AliasName: 'alias/own' })],
  ['DescribeKey', ANY, ({ KeyId }) => ({ KeyId })],
  ['DisableKey', LIVE, ({ KeyId }) => ({ KeyId })],
  ['DisableKeyRotation', CRYPTO, ({ KeyId }) => ({ KeyId })],
  ['EnableKey', LIVE, ({ KeyId }) => ({ KeyId })],
  ['EnableKeyRotation', CRYPTO, ({ KeyId }) => ({ KeyId })],
  ['Encrypt', CRYPTO, ({ KeyId }) => ({ KeyId, Plaintext: 'YQ==' })],
  ['GenerateDataKey', CRYPTO, ({ KeyId }) => ({ KeyId, KeySpec: 'AES_256' })],
  ['GenerateDataKeyWithoutPlaintext', CRYPTO, ({ KeyId }) => ({ KeyId, KeySpec: 'AES_256' })],
  ['GenerateMac', CRYPTO, ({ hmacKeyId }) => ({ ...MAC, KeyId: hmacKeyId })],
  ['GetKeyPolicy', ANY, ({ KeyId }) => ({ KeyId })],
  ['GetKeyRotationStatus', ANY, ({ KeyId }) => ({ KeyId })],
  ['ListAliases', ANY, ({ KeyId }) => ({ KeyId })],
  ['ListKeyPolicies', ANY, ({ KeyId }) => ({ KeyId })],
  ['ListKeyRotations', ANY, ({ KeyId }) => ({ KeyId })],
  ['ListResourceTags', ANY, ({ KeyId }) => ({ KeyId })],
  ['PutKeyPolicy', ANY, ({ KeyId, Policy }) => ({ KeyId, Policy })],
  ['ReEncrypt', CRYPTO, ({ blob, spare }) => ({ CiphertextBlob: blob, DestinationKeyId: spare }), 'from the key'],
  [
    'ReEncrypt',
    CRYPTO,
    ({ KeyId, spareBlob }) => ({ CiphertextBlob: spareBlob, DestinationKeyId: KeyId }),
    'to the key',
  ],
  ['RotateKeyOnDemand', CRYPTO, ({ KeyId }) => ({ KeyId })],
  ['ScheduleKeyDeletion', LIVE, ({ KeyId }) => ({ KeyId })],
  ['TagResource', LIVE, ({ KeyId }) => ({ KeyId, Tags: [{ TagKey: 'a', TagValue: '' }] })],
  ['UntagResource', LIVE, ({ KeyId }) => ({ KeyId, TagKeys: ['a'] })],
  ['UpdateAlias', LIVE, ({ KeyId }) => ({ AliasName: 'alias/spare', TargetKeyId: KeyId }), 'to the key'],
  ['UpdateAlias', ANY, ({ spare }) => ({ AliasName: 'alias/own', TargetKeyId: spare }), 'away from the key'],
  ['UpdateKeyDescription', LIVE, ({ KeyId }) => ({ KeyId, Description: 'a' })],
  ['VerifyMac', CRYPTO, ({ hmacKeyId, mac }) => ({ ...MAC, KeyId: hmacKeyId, Mac: mac })],
]

const ENTERS = { Enabled: undefined, Disabled: 'DisableKey', PendingDeletion: 'ScheduleKeyDeletion' } as const

/** An account with a symmetric and an HMAC key in the state, and a spare key that stays enabled. */
async function setting(state: (typeof STATES)[number]) {
  const caller = { account: newAccount() }
  const { KeyId, Arn } = await createKey(trent, caller)
  const hmacKey = await createHmacKey(trent, caller)
  const spare = (await createKey(trent, caller)).KeyId
  const blob = await encrypt(trent, KeyId, 'text', caller)
  const spareBlob = await encrypt(trent, spare, 'text', caller)
  const mac = (await trent.ok('GenerateMac', { ...MAC, KeyId: hmacKey.KeyId }, caller)).Mac
  const { Policy } = await trent.ok('GetKeyPolicy', { KeyId }, caller)
  await trent.ok('CreateAlias', { AliasName: 'alias/own', TargetKeyId: KeyId }, caller)
  await trent.ok('CreateAlias', { AliasName: 'alias/spare', TargetKeyId: spare }, caller)
  const enter = ENTERS[state]
  if (enter) for (const id of [KeyId, hmacKey.KeyId]) await trent.ok(enter, { KeyId: id }, caller)
  return { caller, KeyId, Arn, hmacKeyId: hmacKey.KeyId, hmacArn: hmacKey.Arn, spare, blob, spareBlob, mac, Policy }
}

for (const [operation, cells, input, note] of TABLE)
  for (const [index, state] of STATES.entries()) {
    const cell = cells[index] ?? 'works'
    const verdict = cell === 'works' ? 'works' : `answers ${REFUSALS[cell].join(' … ')}`
    test(`${operation}${note ? ` ${note}` : ''} on a key that is ${state} ${verdict}`, async () => {
      const made = await setting(state)
      const answer = await trent.kms(operation, input(made), made.caller)
      if (cell === 'works') return void succeeded(answer)
      const arn = operation.endsWith('Mac') ? made.hmacArn : made.Arn
      refusedWith(answer, REFUSALS[cell][0], `${arn} ${REFUSALS[cell][1]}`)
      const shown = await trent.ok('DescribeKey', { KeyId: made.KeyId }, made.caller)
      assert.equal(shown.KeyMetadata.KeyState, state)
    })
  }

const STEPS = [
  ['DisableKey', 'Disabled'],
  ['DisableKey', 'Disabled'],
  ['EnableKey', 'Enabled'],
  ['EnableKey', 'Enabled'],
  ['ScheduleKeyDeletion', 'PendingDeletion'],
  ['CancelKeyDeletion', 'Disabled'],
  ['ScheduleKeyDeletion', 'PendingDeletion'],
  ['CancelKeyDeletion', 'Disabled'],
  ['EnableKey', 'Enabled'],
] as const
test('a key goes through its states; cancelling a deletion leaves it disabled', async () => {
  const caller = { account: newAccount() }
  const { KeyId } = await createKey(trent, caller)
  for (const [operation, state] of STEPS) {
    await trent.ok(operation, { KeyId }, caller)
    const { KeyMetadata } = await trent.ok('DescribeKey', { KeyId }, caller)
    assert.deepEqual(
      [KeyMetadata.KeyState, KeyMetadata.Enabled, KeyMetadata.DeletionDate !== undefined],
      [state, state === 'Enabled', state === 'PendingDeletion'],
    )
  }
})
