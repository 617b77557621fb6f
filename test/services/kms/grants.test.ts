import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  type CreateKeyCommandInput,
  DisableKeyCommand,
  type GrantOperation,
  ListGrantsCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { GRANT_OPERATIONS } from '../../../src/domain/grant.ts'
import { grant, makeKey, openAccount, refuses } from '../../support/grants.ts'
import { NO_KEY } from '../../support/key.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const owner = openAccount(trent)
const worker = openAccount(trent)
after(async () => {
  for (const { kms } of [owner, worker]) kms.destroy()
  await trent.close()
})

const { KeyId, Arn } = await makeKey(owner)
const ROLE = `arn:aws:iam::${worker.id}:role/path/to/Worker`

const SYMMETRIC: readonly GrantOperation[] = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
]
const KINDS: ReadonlyArray<readonly [CreateKeyCommandInput, readonly GrantOperation[]]> = [
  [{}, SYMMETRIC],
  [{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, ['GenerateMac', 'VerifyMac']],
  [{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, ['Sign', 'Verify', 'GetPublicKey']],
  [{ KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT' }, ['DeriveSharedSecret', 'GetPublicKey']],
  [
    { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
    ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GetPublicKey'],
  ],
]
// Before the first test: the runner would end the file when those before a later `await` are done.
const keysOfKinds = new Map(
  await Promise.all(KINDS.map(async ([input]) => [input, await makeKey(owner, input)] as const)),
)

const create = (input: Partial<CreateGrantCommandInput>) =>
  owner.kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal: worker.root, Operations: ['Decrypt'], ...input }))

async function listed(id: string) {
  const { Grants } = await owner.kms.send(new ListGrantsCommand({ KeyId, GrantId: id }))
  return Grants?.[0] ?? assert.fail('not listed')
}

test('a grant is listed as it was asked for, and its token is not', async () => {
  const before = Date.now()
  const wanted = {
    GranteePrincipal: ROLE,
    RetiringPrincipal: worker.root,
    Name: 'all/of:it_-1',
    Constraints: { EncryptionContextSubset: { Department: 'IT', empty: '' } },
  }
  const { GrantId } = await grant(owner, { KeyId, ...wanted, Operations: ['DescribeKey', 'Encrypt', 'Encrypt'] })
  const { CreationDate, ...rest } = await listed(GrantId)
  assert.deepEqual(rest, {
    KeyId: Arn,
    GrantId,
    ...wanted,
    IssuingAccount: owner.root,
    Operations: ['Encrypt', 'DescribeKey'],
  })
  assert.ok(CreationDate && Math.abs(CreationDate.getTime() - before) < 10_000)
})

test('what was not asked for is not listed', async () => {
  const { GrantId } = await grant(owner, { KeyId: Arn, GranteePrincipal: worker.root, Operations: ['Decrypt'] })
  assert.deepEqual(Object.keys(await listed(GrantId)).toSorted(), [
    'CreationDate',
    'GrantId',
    'GranteePrincipal',
    'IssuingAccount',
    'KeyId',
    'Operations',
  ])
})

const SAME: CreateGrantCommandInput = {
  KeyId,
  GranteePrincipal: ROLE,
  RetiringPrincipal: worker.root,
  Operations: ['Encrypt', 'Decrypt'],
  Constraints: { EncryptionContextEquals: { a: '1', b: '2' } },
  Name: 'same',
}

test('a named grant that is asked for again is the same one, with another token', async () => {
  const first = await grant(owner, SAME)
  const again = [
    SAME,
    { ...SAME, KeyId: Arn },
    { ...SAME, Operations: ['Decrypt', 'Encrypt', 'Decrypt'] satisfies GrantOperation[] },
    { ...SAME, Constraints: { EncryptionContextEquals: { b: '2', a: '1' } } },
  ]
  const tokens = new Set([first.GrantToken])
  for (const input of again) {
    const next = await grant(owner, input)
    assert.equal(next.GrantId, first.GrantId)
    tokens.add(next.GrantToken)
  }
  assert.equal(tokens.size, again.length + 1)
})

const { Name: _name, ...unnamed } = SAME
const { RetiringPrincipal: _retiring, ...unretirable } = SAME
const OTHERS: ReadonlyArray<readonly [string, CreateGrantCommandInput]> = [
  ['no name', unnamed],
  ['another name', { ...SAME, Name: 'Same' }],
  ['another grantee', { ...SAME, GranteePrincipal: worker.root }],
  ['another retiring principal', { ...SAME, RetiringPrincipal: owner.root }],
  ['no retiring principal', unretirable],
  ['fewer operations', { ...SAME, Operations: ['Encrypt'] }],
  ['another kind of constraint', { ...SAME, Constraints: { EncryptionContextSubset: { a: '1', b: '2' } } }],
  ['another value', { ...SAME, Constraints: { EncryptionContextEquals: { a: '1', b: '3' } } }],
  ['no constraint', { ...SAME, Constraints: {} }],
]
for (const [what, input] of OTHERS)
  test(`the same request with ${what} makes another grant`, async () => {
    const first = await grant(owner, SAME)
    const other = await grant(owner, input)
    assert.notEqual(other.GrantId, first.GrantId)
    if (input.Name !== undefined) assert.equal((await grant(owner, input)).GrantId, other.GrantId)
  })

test('the same request for another key makes another grant', async () => {
  const other = await makeKey(owner)
  const made = await Promise.all([KeyId, other.KeyId].map((id) => grant(owner, { ...SAME, KeyId: id })))
  assert.notEqual(made[0]?.GrantId, made[1]?.GrantId)
})

test('a name asked for by many at once makes one grant', async () => {
  const made = await Promise.all(Array.from({ length: 12 }, () => grant(owner, { ...SAME, Name: 'at-once' })))
  assert.equal(new Set(made.map(({ GrantId }) => GrantId)).size, 1)
  assert.equal(new Set(made.map(({ GrantToken }) => GrantToken)).size, 12)
})

for (const [input, own] of KINDS) {
  const { KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT' } = input
  const allowed: readonly GrantOperation[] = [...own, 'CreateGrant', 'RetireGrant', 'DescribeKey']
  const key = keysOfKinds.get(input) ?? assert.fail()

  test(`a grant on a ${KeySpec} key for ${KeyUsage} may allow ${allowed.join(', ')}`, async () => {
    await grant(owner, { KeyId: key.KeyId, GranteePrincipal: worker.root, Operations: [...allowed] })
  })

  test(`a grant on a ${KeySpec} key for ${KeyUsage} may allow nothing else`, async () => {
    for (const operation of GRANT_OPERATIONS.filter((each) => !allowed.includes(each)))
      await refuses(
        create({ KeyId: key.KeyId, Operations: ['DescribeKey', operation] }),
        'ValidationException',
        new RegExp(`: ${operation}\\.$`),
      )
  })

  if (input.KeySpec)
    test(`a grant on a ${KeySpec} key for ${KeyUsage} takes no constraint`, async () => {
      for (const Constraints of [{ EncryptionContextEquals: {} }, { EncryptionContextSubset: { a: '1' } }])
        await refuses(
          create({ KeyId: key.KeyId, Operations: ['DescribeKey'], Constraints }),
          'ValidationException',
          'Grant constraints are supported only for symmetric encryption keys.',
        )
    })
}

const pairs = (count: number, value = 'v') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]))

test('a constraint has eight pairs with 384 characters at the most', async () => {
  await create({ Constraints: { EncryptionContextSubset: pairs(8, 'x'.repeat(384)) } })
})

const WRONG: ReadonlyArray<readonly [string, Partial<CreateGrantCommandInput>, string, (string | RegExp)?]> = [
  ['no operation', { Operations: [] }, 'ValidationException'],
  [
    'CreateGrant alone',
    { Operations: ['CreateGrant', 'CreateGrant'] },
    'ValidationException',
    'Grants must not contain only the CreateGrant operation.',
  ],
  [
    'both constraints',
    { Constraints: { EncryptionContextEquals: { a: '1' }, EncryptionContextSubset: { a: '1' } } },
    'ValidationException',
    'More than one constraint supplied',
  ],
  ['nine pairs', { Constraints: { EncryptionContextEquals: pairs(9) } }, 'ValidationException', /more than 8 /],
  [
    'a long value',
    { Constraints: { EncryptionContextEquals: { a: 'x'.repeat(385) } } },
    'ValidationException',
    /more than 384 characters/,
  ],
  [
    'a long name',
    { Constraints: { EncryptionContextEquals: { ['x'.repeat(9_000)]: '' } } },
    'ValidationException',
    /8192 bytes/,
  ],
  ['lone surrogates', { Constraints: { EncryptionContextEquals: { a: '\ud800' } } }, 'ValidationException'],
  ['a name with a space', { Name: 'a b' }, 'ValidationException', /at 'name' failed/],
  ['an unknown key', { KeyId: NO_KEY }, 'NotFoundException'],
  ['an alias', { KeyId: 'alias/a' }, 'InvalidArnException', 'Key Aliases are not supported for this operation.'],
  ['a token that is none', { GrantTokens: ['AQ'] }, 'InvalidGrantTokenException'],
]
for (const [what, input, name, message] of WRONG)
  test(`a grant with ${what} is refused with ${name}`, () => refuses(create(input), name, message))

const NOBODY = [
  worker.id,
  'Worker',
  'ec2.amazonaws.com',
  'arn:aws:iam::11112222333:root',
  'arn:aws:iam::111122223333:group/Workers',
  'arn:aws:iam::111122223333:user/',
  'arn:aws:iam:us-east-1:111122223333:user/dana',
  'arn:aws:s3::111122223333:user/dana',
  'arn:aws-cn:iam::111122223333:root',
  'arn:aws:iam::111122223333:oidc-provider/accounts.google.com',
  'arn:aws:organizations::111122223333:organization/o-1',
  'AIDAIOSFODNN7EXAMPLE',
]
for (const principal of NOBODY)
  test(`${principal} is nobody whom a grant can name`, async () => {
    for (const input of [{ GranteePrincipal: principal }, { RetiringPrincipal: principal }])
      await refuses(create(input), 'InvalidArnException', 'ARN does not refer to a valid principal')
  })

const SOMEBODY = [
  'arn:aws:iam::111122223333:root',
  'arn:aws:iam::111122223333:user/dana',
  'arn:aws:iam::111122223333:role/path/Batch',
  'arn:aws:sts::111122223333:assumed-role/Batch/run7',
  'arn:aws:sts::111122223333:federated-user/bob',
]
test('a grant names a root user, a user, a role, a session or a federated user', async () => {
  for (const principal of SOMEBODY) await create({ GranteePrincipal: principal, RetiringPrincipal: principal })
})

test('a disabled key takes no grant', async () => {
  const key = await makeKey(owner)
  await owner.kms.send(new DisableKeyCommand(key))
  await refuses(create({ KeyId: key.KeyId }), 'DisabledException', `${key.Arn} is disabled.`)
  // What is wrong with the request itself shows before the key's state, what the key cannot have after it.
  await refuses(create({ KeyId: key.KeyId, Operations: ['CreateGrant'] }), 'ValidationException')
  await refuses(create({ KeyId: key.KeyId, Operations: ['Sign'] }), 'DisabledException')
})

test('a key that is to be deleted takes no grant', async () => {
  const key = await makeKey(owner)
  await owner.kms.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId }))
  await refuses(create({ KeyId: key.KeyId }), 'KMSInvalidStateException', `${key.Arn} is pending deletion.`)
})

test('a dry run makes no grant, and is refused as the call would be', async () => {
  const key = await makeKey(owner)
  await refuses(create({ KeyId: key.KeyId, DryRun: true }), 'DryRunOperationException')
  await refuses(create({ KeyId: key.KeyId, DryRun: true, Operations: ['Sign'] }), 'ValidationException')
  const { Grants } = await owner.kms.send(new ListGrantsCommand({ KeyId: key.KeyId }))
  assert.deepEqual(Grants, [])
})

test('without a policy or a grant nobody makes a grant on another account’s key, or learns of it', async () => {
  const key = await makeKey(owner)
  for (const id of [key.Arn, key.Arn.replace(key.KeyId, NO_KEY)])
    await refuses(
      worker.kms.send(new CreateGrantCommand({ KeyId: id, GranteePrincipal: worker.root, Operations: ['Decrypt'] })),
      'AccessDeniedException',
      /kms:CreateGrant on this resource because the resource does not exist in this Region/,
    )
})
