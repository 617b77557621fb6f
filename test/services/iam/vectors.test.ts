import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import {
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  type IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  TagRoleCommand,
} from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GetKeyPolicyCommand,
  type GrantOperation,
  type KMSClient,
  ListAliasesCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
} from '@aws-sdk/client-kms'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import {
  allow,
  type Clients,
  clientsOf,
  newAccessKey,
  newUser,
  policyText,
  signerOf,
} from '../../support/principals.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

/** The decisions of the policy engine's vectors, asked of a running service by principals that IAM has made. */
const VECTORS = new URL('../../vectors/policy/decisions.json', import.meta.url)
/** What a test on this machine cannot be is a caller of another network; MFA has tests of its own. */
const ELSEWHERE: ReadonlySet<string> = new Set(['office-network', 'deny-spares-mfa'])
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'

type Case = {
  readonly id: string
  readonly name: string
  readonly caller: 'dana' | 'batch' | 'root' | 'oscar'
  readonly action: string
  readonly kind?: string
  readonly resource?: string
  readonly keyPolicy?: readonly object[]
  readonly trustPolicy?: readonly object[]
  readonly identity?: readonly object[]
  readonly boundary?: readonly object[]
  readonly session?: readonly object[]
  readonly grants?: readonly {
    readonly granteePrincipal: string
    readonly retiringPrincipal?: string
    readonly operations: readonly string[]
    readonly constraint?: { readonly kind: string; readonly pairs: Record<string, string> }
  }[]
  readonly encryptionContext?: Record<string, string>
  readonly requestedOperations?: readonly string[]
  readonly context?: Record<string, string | string[]>
  readonly verdict: string
}

function parseCases(text: string): readonly Case[] {
  return JSON.parse(text) as readonly Case[]
}

const trent = await startTrent('dev', { auth: 'enforce' })
after(() => trent.close())
// The vectors are of a certain day; signatures are of today.
await trent.control('POST', '/_trent/clock', { set: '2026-03-01T12:00:00Z' })

const Plaintext = Buffer.from('x')

function rootOf(account: string): Clients {
  const clients = clientsOf(trent, { accessKeyId: account, secretAccessKey: 'anything' })
  after(() => clients[Symbol.dispose]())
  return clients
}

/** Everybody whom the case names, so that policies and grants may. */
async function makeNamed(item: Case, roots: ReadonlyMap<string, Clients>): Promise<void> {
  const named = new Set(JSON.stringify(item).match(/arn:aws:iam::\d{12}:(?:user|role)\/\w+/g))
  for (const arn of named) {
    const [, , , , account = '', resource = ''] = arn.split(':')
    const [kind, name = ''] = resource.split('/')
    if (name === (item.caller === 'batch' ? 'Batch' : item.caller) || name === 'App') continue
    const iam = roots.get(account)?.iam
    if (kind === 'user') await iam?.send(new CreateUserCommand({ UserName: name }))
    else await newRole(iam, name, account)
  }
}

function newRole(iam: IAMClient | undefined, RoleName: string, AWS: string, statements?: readonly object[]) {
  const trust = { Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' }
  const AssumeRolePolicyDocument = policyText(...(statements ?? [trust]))
  return iam?.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
}

async function boundaryOf({ iam }: Clients, statements: readonly object[]) {
  const PolicyDocument = policyText(...statements)
  return (await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument }))).Policy?.Arn
}

async function userOf(item: Case, root: Clients, UserName: string): Promise<Clients> {
  await root.iam.send(new CreateUserCommand({ UserName }))
  if (item.identity) {
    const PolicyDocument = policyText(...item.identity)
    await root.iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }))
  }
  if (item.boundary) {
    const PermissionsBoundary = await boundaryOf(root, item.boundary)
    await root.iam.send(new PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary }))
  }
  return clientsOf(trent, await newAccessKey(root.iam, UserName))
}

async function sessionOf(item: Case, root: Clients, account: string): Promise<Clients> {
  const RoleName = 'Batch'
  const { iam } = root
  const { Role } = (await newRole(iam, RoleName, account)) ?? {}
  const tag = item.context?.['aws:PrincipalTag/proj']
  if (typeof tag === 'string') await iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: 'proj', Value: tag }] }))
  if (item.identity) {
    const PolicyDocument = policyText(...item.identity)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument }))
  }
  if (item.boundary) {
    const PermissionsBoundary = await boundaryOf(root, item.boundary)
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }))
  }
  using assumer = clientsOf(trent, await newUser(iam, 'assumer', allow('sts:AssumeRole')))
  const Policy = item.session && policyText(...item.session)
  const input = { RoleArn: Role?.Arn, RoleSessionName: 'run7', Policy }
  return clientsOf(trent, signerOf((await assumer.sts.send(new AssumeRoleCommand(input))).Credentials))
}

/** The caller of the case with the right to nothing but what the case says. */
async function callerOf(item: Case, roots: ReadonlyMap<string, Clients>, [own, other]: readonly [string, string]) {
  const root = roots.get(own) ?? assert.fail()
  if (item.caller === 'root') return root
  const made =
    item.caller === 'batch'
      ? await sessionOf(item, root, own)
      : item.caller === 'oscar'
        ? await userOf(item, roots.get(other) ?? assert.fail(), 'oscar')
        : await userOf(item, root, 'dana')
  after(() => made[Symbol.dispose]())
  return made
}

type Made = {
  readonly arn: string
  readonly second: string
  readonly blob?: Uint8Array
  readonly grantIds: readonly string[]
}

async function newKey(kms: KMSClient, id: string, item: Case): Promise<string> {
  const tag = item.context?.['aws:ResourceTag/proj']
  const Tags = [{ TagKey: '_custom_id_', TagValue: id }]
  if (typeof tag === 'string') Tags.push({ TagKey: 'proj', TagValue: tag })
  const signs = item.action === 'kms:Sign'
  const spec = signs ? ({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const) : {}
  return (await kms.send(new CreateKeyCommand({ Tags, ...spec }))).KeyMetadata?.Arn ?? ''
}

/** The key of the case with aliases, a ciphertext, grants and, last of all, its policy. */
async function makeKey(kms: KMSClient, item: Case): Promise<Made> {
  const arn = await newKey(kms, KEY_ID, item)
  const ids = new Set(JSON.stringify(item).match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))
  const [secondId = '99999999-12ab-34cd-56ef-1234567890ab'] = [...ids].filter((id) => id !== KEY_ID)
  const second = await newKey(kms, secondId, { ...item, action: '' })
  for (const AliasName of item.context?.['kms:ResourceAliases'] ?? [])
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: KEY_ID }))
  const EncryptionContext = item.encryptionContext
  const encrypt = new EncryptCommand({ KeyId: arn, Plaintext, ...(EncryptionContext ? { EncryptionContext } : {}) })
  const blob = item.action === 'kms:Sign' ? undefined : (await kms.send(encrypt)).CiphertextBlob
  const grantIds: string[] = []
  for (const grant of item.grants ?? []) grantIds.push(await makeGrant(kms, arn, grant))
  if (item.keyPolicy && item.kind !== 'lockout') {
    const Policy = policyText(...item.keyPolicy)
    await kms.send(new PutKeyPolicyCommand({ KeyId: arn, Policy, BypassPolicyLockoutSafetyCheck: true }))
  }
  return { arn, second, grantIds, ...(blob ? { blob } : {}) }
}

async function makeGrant(kms: KMSClient, KeyId: string, grant: NonNullable<Case['grants']>[number]): Promise<string> {
  const { granteePrincipal, retiringPrincipal, constraint } = grant
  const { GrantId } = await kms.send(
    new CreateGrantCommand({
      KeyId,
      GranteePrincipal: granteePrincipal,
      RetiringPrincipal: retiringPrincipal,
      Operations: parseOperations(grant.operations),
      ...(constraint ? { Constraints: { [constraint.kind]: constraint.pairs } } : {}),
    }),
  )
  return GrantId ?? ''
}

const parseOperations = (names: readonly string[]) => [...names] as GrantOperation[]

/** The call that the action stands for. */
function ask(item: Case, { kms, sts }: Clients, { arn, second, blob, grantIds }: Made): Promise<unknown> {
  const alias = item.context?.['kms:RequestAlias']
  const KeyId = typeof alias === 'string' ? alias : arn
  const context = item.encryptionContext ? { EncryptionContext: item.encryptionContext } : {}
  switch (item.action) {
    case 'kms:Decrypt':
      return kms.send(new DecryptCommand({ KeyId, CiphertextBlob: blob, ...context }))
    case 'kms:Encrypt':
      return kms.send(new EncryptCommand({ KeyId, Plaintext, ...context }))
    case 'kms:GetKeyPolicy':
      return kms.send(new GetKeyPolicyCommand({ KeyId }))
    case 'kms:DisableKey':
      return kms.send(new DisableKeyCommand({ KeyId }))
    case 'kms:Sign':
      return kms.send(new SignCommand({ KeyId, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' }))
    case 'kms:CreateKey':
      return kms.send(new CreateKeyCommand({ MultiRegion: item.context?.['kms:MultiRegion'] === 'true' }))
    case 'kms:CreateGrant': {
      const GranteePrincipal = String(item.context?.['kms:GranteePrincipal'])
      const Operations = parseOperations(item.requestedOperations ?? [])
      return kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations }))
    }
    case 'kms:RetireGrant':
      return kms.send(new RetireGrantCommand({ KeyId, GrantId: grantIds[0] }))
    case 'kms:ScheduleKeyDeletion':
      return kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 20 }))
    case 'kms:ListAliases':
      return kms.send(new ListAliasesCommand({}))
    case 'kms:GenerateDataKeyPairWithoutPlaintext':
      return kms.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }))
    case 'kms:CreateAlias':
      return kms.send(new CreateAliasCommand({ AliasName: 'alias/app', TargetKeyId: KEY_ID }))
    case 'kms:ReEncrypt':
      return kms.send(new ReEncryptCommand({ CiphertextBlob: blob, DestinationKeyId: second }))
    case 'kms:PutKeyPolicy': {
      const [, , , , account] = arn.split(':')
      const all = { Effect: 'Allow', Principal: { AWS: account }, Action: 'kms:*', Resource: '*' }
      return kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policyText(...(item.keyPolicy ?? [all])) }))
    }
    case 'sts:AssumeRole':
      return sts.send(new AssumeRoleCommand({ RoleArn: item.resource, RoleSessionName: 'session' }))
    default:
      throw new Error(`no call for ${item.action}`)
  }
}

const REFUSED = /^(?:AccessDenied|AccessDeniedException|MalformedPolicyDocumentException)$/

for (const written of parseCases(readFileSync(VECTORS, 'utf8')).filter(({ id }) => !ELSEWHERE.has(id)))
  test(`${written.id}: ${written.name}`, async () => {
    const [own, other] = [newAccount(), newAccount()]
    const text = JSON.stringify([written]).replaceAll('111122223333', own).replaceAll('444455556666', other)
    const item = parseCases(text)[0] ?? assert.fail()
    const roots = new Map([own, other].map((account) => [account, rootOf(account)]))
    await makeNamed(item, roots)
    const caller = await callerOf(item, roots, [own, other])
    if (item.trustPolicy) await newRole(roots.get(own)?.iam, 'App', own, item.trustPolicy)
    const made = await makeKey(roots.get(own)?.kms ?? assert.fail(), item)
    const thrown = await ask(item, caller, made).then(
      () => undefined,
      (cause: unknown) => (cause instanceof Error ? cause : assert.fail()),
    )
    if (item.verdict === 'allow') assert.equal(thrown, undefined)
    else {
      assert.match(thrown?.name ?? 'answered', REFUSED)
      if (item.verdict === 'deny explicit') assert.match(thrown?.message ?? '', /with an explicit deny in/)
      if (item.verdict === 'deny implicit') assert.doesNotMatch(thrown?.message ?? '', /explicit deny in/)
    }
  })
