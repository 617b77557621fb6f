import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms'
import { allow, clientsOf, deny, newUser } from '../../support/principals.ts'
import { calledBy, newService, serviceClient } from '../../support/services.ts'
import { trailEvents } from '../../support/trail.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

/**
 * Who may do what with the keys that an account manages and with those that AWS manages in it: for each operation, the answer to
 * the account's user and root user, to the service for that user, to another service for that user, to the service for itself,
 * and to another account, directly and through the service.
 */
const trent = await startTrent('dev', { data: 'temporary' })
const opened: Disposable[] = []
const keep = <T extends Disposable>(made: T): T => {
  opened.push(made)
  return made
}
after(async () => {
  for (const each of opened) each[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const account = newAccount()
const rootOf = (id: string) => keep(clientsOf(trent, { accessKeyId: id, secretAccessKey: 'x' }))
const ec2 = await newService(trent, 'ec2', trent.credentials)
const s3 = await newService(trent, 's3', trent.credentials)

const root = rootOf(account)
const uma = await newUser(root.iam, 'uma', allow('kms:*'))
const unlisted = await newUser(root.iam, 'unlisted')
const foreignRoot = rootOf(newAccount())
const stranger = await newUser(foreignRoot.iam, 'stranger', allow('kms:*'))

const CALLERS = {
  user: keep(clientsOf(trent, uma)).kms,
  root: root.kms,
  /** EBS's name as a service is `ec2`. */
  'ec2 for the user': keep(await calledBy(trent, ec2, uma)),
  's3 for the user': keep(await calledBy(trent, s3, uma)),
  'ec2 for a user without permissions': keep(await calledBy(trent, ec2, unlisted)),
  'ec2 for itself': keep(serviceClient(trent, ec2)),
  'another account': keep(clientsOf(trent, stranger)).kms,
  'ec2 for another account': keep(await calledBy(trent, ec2, stranger)),
} as const
type CallerName = keyof typeof CALLERS
const NAMES = Object.keys(CALLERS) as readonly CallerName[]

const described = async (KeyId: string, kms: KMSClient = root.kms) =>
  (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata ?? assert.fail('no metadata')
const own = (await root.kms.send(new CreateKeyCommand({}))).KeyMetadata ?? assert.fail('no key')
const managed = await described('alias/aws/ebs')
const ofS3 = await described('alias/aws/s3')
const KEYS = { customer: own.Arn ?? '', managed: managed.Arn ?? '' } as const
type Kind = keyof typeof KEYS

const blobs = {
  customer: (await root.kms.send(new EncryptCommand({ KeyId: KEYS.customer, Plaintext: Buffer.from('x') })))
    .CiphertextBlob,
  managed: (
    await CALLERS['ec2 for the user'].send(new EncryptCommand({ KeyId: KEYS.managed, Plaintext: Buffer.from('x') }))
  ).CiphertextBlob,
}
const grantable = { Operations: ['Decrypt'], GranteePrincipal: uma.arn } as const
async function newGrant(kind: Kind) {
  const by = kind === 'customer' ? root.kms : CALLERS['ec2 for the user']
  const { GrantId } = await by.send(
    new CreateGrantCommand({
      KeyId: KEYS[kind],
      GranteePrincipal: grantable.GranteePrincipal,
      Operations: ['Decrypt'],
    }),
  )
  return GrantId
}

type Call = (kms: KMSClient, KeyId: string, kind: Kind) => Promise<unknown>
const Plaintext = Buffer.from('x')
/** Cryptographic operations. */
const USES: Readonly<Record<string, Call>> = {
  Encrypt: (kms, KeyId) => kms.send(new EncryptCommand({ KeyId, Plaintext })),
  Decrypt: (kms, KeyId, kind) => kms.send(new DecryptCommand({ KeyId, CiphertextBlob: blobs[kind] })),
  GenerateDataKey: (kms, KeyId) => kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })),
  GenerateDataKeyWithoutPlaintext: (kms, KeyId) =>
    kms.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256' })),
  ReEncrypt: (kms, KeyId, kind) =>
    kms.send(new ReEncryptCommand({ CiphertextBlob: blobs[kind], SourceKeyId: KeyId, DestinationKeyId: KeyId })),
}
const READS: Readonly<Record<string, Call>> = {
  GetKeyPolicy: (kms, KeyId) => kms.send(new GetKeyPolicyCommand({ KeyId })),
  GetKeyRotationStatus: (kms, KeyId) => kms.send(new GetKeyRotationStatusCommand({ KeyId })),
  ListGrants: (kms, KeyId) => kms.send(new ListGrantsCommand({ KeyId })),
  ListResourceTags: (kms, KeyId) => kms.send(new ListResourceTagsCommand({ KeyId })),
  ListKeyPolicies: (kms, KeyId) => kms.send(new ListKeyPoliciesCommand({ KeyId })),
}
const MANAGES: Readonly<Record<string, Call>> = {
  CancelKeyDeletion: (kms, KeyId) => kms.send(new CancelKeyDeletionCommand({ KeyId })),
  CreateAlias: (kms, TargetKeyId) => kms.send(new CreateAliasCommand({ AliasName: 'alias/again', TargetKeyId })),
  DisableKey: (kms, KeyId) => kms.send(new DisableKeyCommand({ KeyId })),
  EnableKey: (kms, KeyId) => kms.send(new EnableKeyCommand({ KeyId })),
  EnableKeyRotation: (kms, KeyId) => kms.send(new EnableKeyRotationCommand({ KeyId })),
  DisableKeyRotation: (kms, KeyId) => kms.send(new DisableKeyRotationCommand({ KeyId })),
  PutKeyPolicy: (kms, KeyId) => kms.send(new PutKeyPolicyCommand({ KeyId, Policy: '{}' })),
  ReplicateKey: (kms, KeyId) => kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-central-1' })),
  RotateKeyOnDemand: (kms, KeyId) => kms.send(new RotateKeyOnDemandCommand({ KeyId })),
  ScheduleKeyDeletion: (kms, KeyId) => kms.send(new ScheduleKeyDeletionCommand({ KeyId })),
  TagResource: (kms, KeyId) => kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })),
  UntagResource: (kms, KeyId) => kms.send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] })),
  UpdateKeyDescription: (kms, KeyId) => kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'mine' })),
}

/** Whether a call was decided for its caller; what comes after the decision, such as the key's state, is not asked here. */
async function isAllowed(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (cause) {
    if (!(cause instanceof Error && '$metadata' in cause)) throw cause
    return cause.name !== 'AccessDeniedException'
  }
}

async function allowedTo(call: Call, kind: Kind): Promise<readonly CallerName[]> {
  const answers: CallerName[] = []
  for (const name of NAMES) if (await isAllowed(call(CALLERS[name], KEYS[kind], kind))) answers.push(name)
  return answers
}

const THROUGH = ['ec2 for the user', 's3 for the user'] as const

for (const [name, call] of Object.entries({ ...USES, ...READS })) {
  test(`a customer managed key: ${name} is for whom its account's policies allow it`, async () => {
    assert.deepEqual(await allowedTo(call, 'customer'), ['user', 'root', ...THROUGH])
  })
}
for (const [name, call] of Object.entries(USES))
  test(`an AWS managed key: ${name} is for everybody of its account, through its service alone`, async () => {
    assert.deepEqual(await allowedTo(call, 'managed'), ['ec2 for the user', 'ec2 for a user without permissions'])
  })
for (const [name, call] of Object.entries(READS))
  test(`an AWS managed key: ${name} is for those whom its account allows it`, async () => {
    assert.deepEqual(await allowedTo(call, 'managed'), ['user', 'root', ...THROUGH])
  })

test('DescribeKey of an AWS managed key is for its account, and for everybody of it through the service', async () => {
  const describe: Call = (kms, KeyId) => kms.send(new DescribeKeyCommand({ KeyId }))
  assert.deepEqual(await allowedTo(describe, 'managed'), [
    'user',
    'root',
    ...THROUGH,
    'ec2 for a user without permissions',
  ])
})

for (const [name, call] of Object.entries(MANAGES))
  test(`an AWS managed key: ${name} is for nobody`, async () => {
    const before = await described(KEYS.managed)
    assert.deepEqual(await allowedTo(call, 'managed'), [])
    assert.deepEqual(await described(KEYS.managed), before)
  })

/** In whose account there is no such alias. */
const ELSEWHERE: ReadonlySet<CallerName> = new Set(['ec2 for itself', 'another account', 'ec2 for another account'])

test('an AWS managed key: its alias neither moves nor goes, and no other points to it', async () => {
  for (const name of NAMES) {
    const moved = CALLERS[name].send(new UpdateAliasCommand({ AliasName: 'alias/aws/ebs', TargetKeyId: KEYS.customer }))
    await assert.rejects(moved, { name: 'InvalidAliasNameException' })
  }
  await root.kms.send(new CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: KEYS.customer }))
  for (const name of NAMES) {
    await assert.rejects(
      CALLERS[name].send(new UpdateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: KEYS.managed })),
      { name: ELSEWHERE.has(name) ? 'NotFoundException' : 'AccessDeniedException' },
    )
  }
})

test('an AWS managed key: grants are made through its service where its policy has it so', async () => {
  const grant: Call = (kms, KeyId) =>
    kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal: uma.arn, Operations: ['Encrypt'] }))
  assert.deepEqual(await allowedTo(grant, 'managed'), ['ec2 for the user', 'ec2 for a user without permissions'])
  const s3Grant = CALLERS['s3 for the user'].send(
    new CreateGrantCommand({ KeyId: ofS3.KeyId, GranteePrincipal: uma.arn, Operations: ['Encrypt'] }),
  )
  assert.ok(!(await isAllowed(s3Grant)))
})

test('an AWS managed key: the account revokes grants where the policy has it so', async () => {
  const GrantId = await newGrant('managed')
  const revoke = (kms: KMSClient, KeyId = KEYS.managed) =>
    isAllowed(kms.send(new RevokeGrantCommand({ KeyId, GrantId })))
  assert.ok(!(await revoke(CALLERS['another account'])))
  assert.ok(!(await revoke(CALLERS['ec2 for itself'])))
  assert.ok(!(await revoke(root.kms, ofS3.Arn)))
  assert.ok(await revoke(root.kms))
  assert.ok(
    await isAllowed(
      root.kms.send(new RetireGrantCommand({ KeyId: KEYS.customer, GrantId: await newGrant('customer') })),
    ),
  )
})

test('an explicit denial of the user’s own wins over the policy of an AWS managed key', async () => {
  const barred = await newUser(root.iam, 'barred', deny('kms:Decrypt'))
  using client = await calledBy(trent, ec2, barred)
  assert.ok(await isAllowed(client.send(new EncryptCommand({ KeyId: KEYS.managed, Plaintext }))))
  const decrypt = client.send(new DecryptCommand({ KeyId: KEYS.managed, CiphertextBlob: blobs.managed }))
  await assert.rejects(decrypt, /explicit deny in an identity-based policy/)
})

test('who manages the key, where it is listed and what it is', async () => {
  assert.deepEqual([own.KeyManager, managed.KeyManager], ['CUSTOMER', 'AWS'])
  assert.deepEqual(
    [managed.KeySpec, managed.KeyUsage, managed.Origin, managed.MultiRegion, managed.AWSAccountId],
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'AWS_KMS', false, account],
  )
  const { Keys } = await root.kms.send(new ListKeysCommand({}))
  assert.deepEqual(Keys?.map(({ KeyArn }) => KeyArn).toSorted(), [own.Arn, managed.Arn, ofS3.Arn].toSorted())
  const { Aliases } = await foreignRoot.kms.send(new ListAliasesCommand({}))
  assert.ok(Aliases?.every(({ TargetKeyId }) => TargetKeyId === undefined))
})

test('what is done with both is in the trail of the account', async () => {
  const events = await trailEvents(trent.data ?? '')
  for (const arn of Object.values(KEYS)) {
    const about = events.filter(({ eventName, resources, recipientAccountId }) => {
      return eventName === 'Encrypt' && JSON.stringify(resources).includes(arn) && recipientAccountId === account
    })
    assert.ok(about.length > 0, arn)
  }
  const made = events.find(
    ({ eventName, resources }) => eventName === 'CreateKey' && JSON.stringify(resources).includes(KEYS.managed),
  )
  assert.deepEqual(
    [made?.eventType, made?.userIdentity],
    ['AwsServiceEvent', { accountId: account, invokedBy: 'AWS Internal' }],
  )
})
