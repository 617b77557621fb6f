import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateGrantCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  type GrantOperation,
  ListGrantsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RevokeGrantCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms'
import { type Account, grant, makeKey, openAccount, refuses } from '../../support/grants.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const owner = openAccount(trent)
const worker = openAccount(trent)
const stranger = openAccount(trent)
after(async () => {
  for (const { kms } of [owner, worker, stranger]) kms.destroy()
  await trent.close()
})

const Plaintext = Buffer.from('text')
const symmetric = await makeKey(owner)
const mac = await makeKey(owner, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
const signer = await makeKey(owner, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
const agreement = await makeKey(owner, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })
const own = await makeKey(worker)

const { CiphertextBlob } = await owner.kms.send(new EncryptCommand({ KeyId: symmetric.KeyId, Plaintext }))
const { CiphertextBlob: ownBlob } = await worker.kms.send(new EncryptCommand({ KeyId: own.KeyId, Plaintext }))
const MAC = { KeyId: mac.Arn, Message: Plaintext, MacAlgorithm: 'HMAC_SHA_256' } as const
const { Mac } = await owner.kms.send(new GenerateMacCommand(MAC))
const SIGN = { KeyId: signer.Arn, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' } as const
const { Signature } = await owner.kms.send(new SignCommand(SIGN))
const { PublicKey } = await owner.kms.send(new GetPublicKeyCommand({ KeyId: agreement.KeyId }))

const KeyId = symmetric.Arn

/** What a grant gives: the key it is on, and the call. */
const USES: ReadonlyArray<readonly [GrantOperation, string, (by: Account) => Promise<unknown>]> = [
  ['Encrypt', KeyId, ({ kms }) => kms.send(new EncryptCommand({ KeyId, Plaintext }))],
  ['Decrypt', KeyId, ({ kms }) => kms.send(new DecryptCommand({ CiphertextBlob }))],
  ['GenerateDataKey', KeyId, ({ kms }) => kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }))],
  [
    'GenerateDataKeyWithoutPlaintext',
    KeyId,
    ({ kms }) => kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256' })),
  ],
  [
    'GenerateDataKeyPair',
    KeyId,
    ({ kms }) => kms.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  ],
  [
    'GenerateDataKeyPairWithoutPlaintext',
    KeyId,
    ({ kms }) => kms.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  ],
  [
    'ReEncryptFrom',
    KeyId,
    ({ kms }) => kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: own.KeyId })),
  ],
  [
    'ReEncryptTo',
    KeyId,
    ({ kms }) => kms.send(new ReEncryptCommand({ CiphertextBlob: ownBlob, DestinationKeyId: KeyId })),
  ],
  ['DescribeKey', KeyId, ({ kms }) => kms.send(new DescribeKeyCommand({ KeyId }))],
  ['GenerateMac', mac.Arn, ({ kms }) => kms.send(new GenerateMacCommand(MAC))],
  ['VerifyMac', mac.Arn, ({ kms }) => kms.send(new VerifyMacCommand({ ...MAC, Mac }))],
  ['Sign', signer.Arn, ({ kms }) => kms.send(new SignCommand(SIGN))],
  ['Verify', signer.Arn, ({ kms }) => kms.send(new VerifyCommand({ ...SIGN, Signature }))],
  ['GetPublicKey', signer.Arn, ({ kms }) => kms.send(new GetPublicKeyCommand({ KeyId: signer.Arn }))],
  [
    'DeriveSharedSecret',
    agreement.Arn,
    ({ kms }) =>
      kms.send(new DeriveSharedSecretCommand({ KeyId: agreement.Arn, KeyAgreementAlgorithm: 'ECDH', PublicKey })),
  ],
]

/** Any operation that the key may have and `operation` is not. */
const another = (operation: GrantOperation): GrantOperation => (operation === 'DescribeKey' ? 'Encrypt' : 'DescribeKey')

for (const [operation, key, use] of USES)
  test(`a grant of ${operation} gives ${operation} to its grantee at once, and to nobody else`, async () => {
    await refuses(use(worker), 'AccessDeniedException')
    const onKey = { KeyId: key, GranteePrincipal: worker.root }
    if (key === KeyId || operation !== 'DescribeKey') {
      const useless = await grant(owner, { ...onKey, Operations: [key === KeyId ? another(operation) : 'DescribeKey'] })
      await refuses(use(worker), 'AccessDeniedException')
      await owner.kms.send(new RevokeGrantCommand({ KeyId: key, GrantId: useless.GrantId }))
    }
    const { GrantId } = await grant(owner, { ...onKey, Operations: [operation] })
    await use(worker)
    // The destination is looked up before anything is decided: a bare id names a key of the caller's own account.
    await refuses(use(stranger), operation === 'ReEncryptFrom' ? 'NotFoundException' : 'AccessDeniedException')
    await owner.kms.send(new RevokeGrantCommand({ KeyId: key, GrantId }))
    await refuses(use(worker), 'AccessDeniedException')
  })

test('a grant on one key gives nothing on another', async () => {
  const other = await makeKey(owner)
  await grant(owner, { KeyId: other.KeyId, GranteePrincipal: worker.root, Operations: ['Encrypt', 'DescribeKey'] })
  await refuses(worker.kms.send(new EncryptCommand({ KeyId, Plaintext })), 'AccessDeniedException')
  await worker.kms.send(new EncryptCommand({ KeyId: other.Arn, Plaintext }))
})

test('a grant to a role, a user or a session of an account gives its root user nothing', async () => {
  const key = await makeKey(owner)
  for (const name of ['role/Worker', 'user/root', 'role/root'])
    await grant(owner, {
      KeyId: key.KeyId,
      GranteePrincipal: `arn:aws:iam::${worker.id}:${name}`,
      Operations: ['DescribeKey'],
    })
  await refuses(worker.kms.send(new DescribeKeyCommand({ KeyId: key.Arn })), 'AccessDeniedException')
})

test('a grant gives no operation that administers the key', async () => {
  const key = await makeKey(owner)
  const Operations: GrantOperation[] = ['CreateGrant', 'RetireGrant', 'DescribeKey', 'Encrypt']
  await grant(owner, { KeyId: key.KeyId, GranteePrincipal: worker.root, Operations })
  const revoke = new RevokeGrantCommand({ KeyId: key.Arn, GrantId: '0'.repeat(64) })
  await refuses(worker.kms.send(new ListGrantsCommand({ KeyId: key.Arn })), 'AccessDeniedException')
  await refuses(worker.kms.send(revoke), 'AccessDeniedException')
  await refuses(worker.kms.send(new GetKeyPolicyCommand({ KeyId: key.Arn })), 'AccessDeniedException')
  await refuses(worker.kms.send(new GetKeyRotationStatusCommand({ KeyId: key.Arn })), 'AccessDeniedException')
  await refuses(worker.kms.send(new DisableKeyCommand({ KeyId: key.Arn })), 'AccessDeniedException')
})

const CONTEXTS: ReadonlyArray<
  readonly [
    kind: 'EncryptionContextEquals' | 'EncryptionContextSubset',
    pairs: Record<string, string>,
    sent: Record<string, string> | undefined,
    isAllowed: boolean,
  ]
> = [
  ['EncryptionContextEquals', { a: '1' }, { a: '1' }, true],
  ['EncryptionContextEquals', { a: '1' }, { A: '1' }, true],
  ['EncryptionContextEquals', { a: '1' }, { a: '1', b: '2' }, false],
  ['EncryptionContextEquals', { a: 'x' }, { a: 'X' }, false],
  ['EncryptionContextEquals', { a: '1' }, undefined, false],
  ['EncryptionContextEquals', {}, undefined, true],
  ['EncryptionContextEquals', {}, { a: '1' }, false],
  ['EncryptionContextSubset', { a: '1' }, { a: '1', b: '2' }, true],
  ['EncryptionContextSubset', { a: '1', b: '2' }, { a: '1' }, false],
  ['EncryptionContextSubset', { a: '1' }, { a1: '' }, false],
  ['EncryptionContextSubset', { a: '1' }, undefined, false],
  ['EncryptionContextSubset', { __proto__x: '1' }, { ['__proto__']: '1' }, false],
]
for (const [kind, pairs, sent, isAllowed] of CONTEXTS)
  test(`${kind} ${JSON.stringify(pairs)} ${isAllowed ? 'admits' : 'refuses'} ${JSON.stringify(sent)}`, async () => {
    const key = await makeKey(owner)
    const Constraints = { [kind]: pairs }
    const Operations: GrantOperation[] = ['Encrypt', 'Decrypt', 'DescribeKey', 'ReEncryptFrom']
    await grant(owner, { KeyId: key.KeyId, GranteePrincipal: worker.root, Operations, Constraints })
    const context = sent ? { EncryptionContext: sent } : {}
    const made = await owner.kms.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext, ...context }))
    const blob = { CiphertextBlob: made.CiphertextBlob }
    const calls = [
      () => worker.kms.send(new EncryptCommand({ KeyId: key.Arn, Plaintext, ...context })),
      () => worker.kms.send(new DecryptCommand({ ...blob, ...context })),
      () =>
        worker.kms.send(
          new ReEncryptCommand({
            ...blob,
            DestinationKeyId: own.KeyId,
            ...(sent ? { SourceEncryptionContext: sent } : {}),
            DestinationEncryptionContext: { a: '1', b: '2', c: '3' },
          }),
        ),
    ]
    for (const call of calls)
      if (isAllowed) await call()
      else await refuses(call(), 'AccessDeniedException')
    // The constraint does not bind what takes no encryption context.
    await worker.kms.send(new DescribeKeyCommand({ KeyId: key.Arn }))
  })

const statement = (Effect: string, account: Account, Action: string, more: object = {}) => ({
  Effect,
  Principal: { AWS: account.root },
  Action,
  Resource: '*',
  ...more,
})

async function withPolicy(...statements: readonly object[]) {
  const key = await makeKey(owner)
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [statement('Allow', owner, 'kms:*'), ...statements],
  })
  await owner.kms.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy }))
  return key
}

test('a denial of the key policy beats a grant, and leaves what it does not deny', async () => {
  const key = await withPolicy(statement('Deny', worker, 'kms:Encrypt'))
  await grant(owner, { KeyId: key.KeyId, GranteePrincipal: worker.root, Operations: ['Encrypt', 'DescribeKey'] })
  await refuses(worker.kms.send(new EncryptCommand({ KeyId: key.Arn, Plaintext })), 'AccessDeniedException')
  await worker.kms.send(new DescribeKeyCommand({ KeyId: key.Arn }))
})

test('a denial that is put after the grant beats it when the call returns', async () => {
  const key = await withPolicy()
  await grant(owner, { KeyId: key.KeyId, GranteePrincipal: worker.root, Operations: ['DescribeKey'] })
  await worker.kms.send(new DescribeKeyCommand({ KeyId: key.Arn }))
  const Statement = [statement('Allow', owner, 'kms:*'), statement('Deny', worker, '*')]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  await owner.kms.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy }))
  await refuses(worker.kms.send(new DescribeKeyCommand({ KeyId: key.Arn })), 'AccessDeniedException')
})

test('a grant lets in the root user of the key’s own account when no policy does', async () => {
  const key = await makeKey(owner)
  await grant(owner, { KeyId: key.KeyId, GranteePrincipal: owner.root, Operations: ['DescribeKey'] })
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement('Allow', worker, 'kms:*')] })
  await owner.kms.send(new PutKeyPolicyCommand({ KeyId: key.KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }))
  await owner.kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }))
  await refuses(
    owner.kms.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext })),
    'AccessDeniedException',
    /because no resource-based policy allows the kms:Encrypt action$/,
  )
})

test('a grant does not make a disabled key usable, and its grantee is told why', async () => {
  const key = await makeKey(owner)
  await grant(owner, { KeyId: key.KeyId, GranteePrincipal: worker.root, Operations: ['Encrypt'] })
  await owner.kms.send(new DisableKeyCommand({ KeyId: key.KeyId }))
  await refuses(worker.kms.send(new EncryptCommand({ KeyId: key.Arn, Plaintext })), 'DisabledException')
  await refuses(stranger.kms.send(new EncryptCommand({ KeyId: key.Arn, Plaintext })), 'AccessDeniedException')
  await owner.kms.send(new EnableKeyCommand({ KeyId: key.KeyId }))
  await worker.kms.send(new EncryptCommand({ KeyId: key.Arn, Plaintext }))
})

type Wanted = Omit<ConstructorParameters<typeof CreateGrantCommand>[0], 'KeyId' | 'GranteePrincipal'>
const PARENT: Wanted = {
  Operations: ['CreateGrant', 'Encrypt', 'Decrypt'],
  Constraints: { EncryptionContextSubset: { a: '1' } },
}
/** What a grantee with CreateGrant may hand on. */
const CHILDREN: ReadonlyArray<readonly [what: string, parent: Wanted, child: Wanted, isAllowed: boolean]> = [
  ['the same', PARENT, PARENT, true],
  [
    'less, under a stricter constraint',
    PARENT,
    { ...PARENT, Operations: ['Encrypt'], Constraints: { EncryptionContextSubset: { a: '1', b: '2' } } },
    true,
  ],
  [
    'an equal context that holds the subset',
    PARENT,
    { ...PARENT, Constraints: { EncryptionContextEquals: { a: '1' } } },
    true,
  ],
  ['an operation more', PARENT, { ...PARENT, Operations: ['Encrypt', 'DescribeKey'] }, false],
  ['no constraint', PARENT, { Operations: ['Encrypt'] }, false],
  ['another constraint', PARENT, { ...PARENT, Constraints: { EncryptionContextSubset: { b: '2' } } }, false],
  ['a subset of an equal context', { ...PARENT, Constraints: { EncryptionContextEquals: { a: '1' } } }, PARENT, false],
  ['anything, without CreateGrant', { Operations: ['Encrypt'] }, { Operations: ['Encrypt'] }, false],
]
for (const [what, parent, child, isAllowed] of CHILDREN)
  test(`a grantee ${isAllowed ? 'may' : 'may not'} grant ${what}`, async () => {
    const key = await makeKey(owner)
    await grant(owner, { KeyId: key.KeyId, GranteePrincipal: worker.root, ...parent })
    const onward = { KeyId: key.Arn, GranteePrincipal: stranger.root, ...child }
    if (!isAllowed) return refuses(worker.kms.send(new CreateGrantCommand(onward)), 'AccessDeniedException')
    const { GrantId } = await grant(worker, onward)
    const { Grants } = await owner.kms.send(new ListGrantsCommand({ KeyId: key.KeyId, GrantId }))
    assert.equal(Grants?.[0]?.IssuingAccount, worker.root)
    const EncryptionContext = { a: '1', ...child.Constraints?.EncryptionContextSubset }
    await stranger.kms.send(new EncryptCommand({ KeyId: key.Arn, Plaintext, EncryptionContext }))
    await refuses(stranger.kms.send(new EncryptCommand({ KeyId: key.Arn, Plaintext })), 'AccessDeniedException')
  })

test('a grant that was handed on outlives the one it came from', async () => {
  const key = await makeKey(owner)
  const parent = await grant(owner, {
    KeyId: key.KeyId,
    GranteePrincipal: worker.root,
    Operations: ['CreateGrant', 'DescribeKey'],
  })
  const child = { KeyId: key.Arn, GranteePrincipal: stranger.root, Operations: ['DescribeKey'] as GrantOperation[] }
  await grant(worker, child)
  await owner.kms.send(new RevokeGrantCommand({ KeyId: key.KeyId, GrantId: parent.GrantId }))
  await stranger.kms.send(new DescribeKeyCommand({ KeyId: key.Arn }))
  await refuses(worker.kms.send(new CreateGrantCommand(child)), 'AccessDeniedException')
})

/** Conditions of a statement that lets the worker make grants, and a request that meets them or not. */
const CONDITIONS: ReadonlyArray<readonly [condition: object, wanted: Wanted & { to?: string }, isAllowed: boolean]> = [
  [
    { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'Decrypt'] } },
    { Operations: ['Encrypt'] },
    true,
  ],
  [
    { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt'] } },
    { Operations: ['Encrypt', 'Decrypt'] },
    false,
  ],
  [{ StringEquals: { 'kms:GranteePrincipal': stranger.root } }, { Operations: ['Encrypt'] }, true],
  [{ StringEquals: { 'kms:GranteePrincipal': stranger.root } }, { Operations: ['Encrypt'], to: owner.root }, false],
  [
    { StringEquals: { 'kms:RetiringPrincipal': worker.root } },
    { Operations: ['Encrypt'], RetiringPrincipal: worker.root },
    true,
  ],
  [{ StringEquals: { 'kms:RetiringPrincipal': worker.root } }, { Operations: ['Encrypt'] }, false],
  [{ Null: { 'kms:RetiringPrincipal': 'true' } }, { Operations: ['Encrypt'] }, true],
  [{ StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextSubset' } }, PARENT, true],
  [{ StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextEquals' } }, PARENT, false],
  [{ StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextSubset' } }, { Operations: ['Encrypt'] }, false],
  [{ StringEquals: { 'kms:EncryptionContext:a': '1' } }, PARENT, true],
  [{ StringEquals: { 'kms:EncryptionContext:a': '2' } }, PARENT, false],
  [{ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'a' } }, { Operations: ['Encrypt'] }, false],
  [{ Bool: { 'kms:GrantIsForAWSResource': 'false' } }, { Operations: ['Encrypt'] }, true],
  [{ Bool: { 'kms:GrantIsForAWSResource': 'true' } }, { Operations: ['Encrypt'] }, false],
]
for (const [condition, { to = stranger.root, ...wanted }, isAllowed] of CONDITIONS)
  test(`${JSON.stringify(condition)} ${isAllowed ? 'admits' : 'refuses'} a grant ${JSON.stringify(wanted)}`, async () => {
    const key = await withPolicy(statement('Allow', worker, 'kms:CreateGrant', { Condition: condition }))
    const call = worker.kms.send(new CreateGrantCommand({ KeyId: key.Arn, GranteePrincipal: to, ...wanted }))
    if (isAllowed) await call
    else await refuses(call, 'AccessDeniedException')
  })

test('listing and revoking are no calls for a resource of AWS either', async () => {
  const Condition = { Bool: { 'kms:GrantIsForAWSResource': 'false' } }
  const key = await withPolicy(
    statement('Allow', worker, 'kms:ListGrants', { Condition }),
    statement('Allow', worker, 'kms:RevokeGrant', { Condition }),
  )
  const { GrantId } = await grant(owner, {
    KeyId: key.KeyId,
    GranteePrincipal: stranger.root,
    Operations: ['DescribeKey'],
  })
  const { Grants } = await worker.kms.send(new ListGrantsCommand({ KeyId: key.Arn }))
  assert.deepEqual(
    Grants?.map((each) => each.GrantId),
    [GrantId],
  )
  await worker.kms.send(new RevokeGrantCommand({ KeyId: key.Arn, GrantId }))
  await refuses(stranger.kms.send(new DescribeKeyCommand({ KeyId: key.Arn })), 'AccessDeniedException')
})
