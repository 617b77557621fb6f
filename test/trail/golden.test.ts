import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms'
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { matches } from '../support/golden.ts'
import { wrapFor } from '../support/import.ts'
import { EXTERNAL_STORE } from '../support/kms-requests.ts'
import { MODEL } from '../support/model.ts'
import { openOutside, reaches } from '../support/outside-store.ts'
import { allow, type Clients, clientsOf, newUser, policyText, type Signer, signerOf } from '../support/principals.ts'
import { type TrailEvent, trailEvents } from '../support/trail.ts'
import { startTrent } from '../support/trent.ts'

/** Field by field what CloudTrail records, written down after its reference. Words in angle brackets: support/golden.ts. */
const FILE = join(import.meta.dirname, '..', 'vectors', 'cloudtrail', 'events.json')
type Fields = Readonly<Record<string, unknown>>
const { common, goldens: GOLDENS }: { common: Fields; goldens: Readonly<Record<string, readonly Fields[]>> } =
  JSON.parse(readFileSync(FILE, 'utf8'))

/** The members of a record in the order in which CloudTrail writes them. */
const ORDER = [
  ...[
    'eventVersion',
    'userIdentity',
    'eventTime',
    'eventSource',
    'eventName',
    'awsRegion',
    'sourceIPAddress',
    'userAgent',
  ],
  ...[
    'errorCode',
    'errorMessage',
    'requestParameters',
    'responseElements',
    'additionalEventData',
    'requestID',
    'eventID',
  ],
  ...[
    'readOnly',
    'resources',
    'eventType',
    'managementEvent',
    'recipientAccountId',
    'sharedEventID',
    'serviceEventDetails',
  ],
  'eventCategory',
]

/** A golden with the members that it shares with most. */
function whole(golden: Fields): Fields {
  const members: Fields = { ...common, ...golden }
  assert.deepEqual(
    Object.keys(members).filter((name) => !ORDER.includes(name)),
    [],
  )
  const there = ORDER.filter((name) => Object.hasOwn(members, name) && members[name] !== '<none>')
  return Object.fromEntries(there.map((name) => [name, members[name]]))
}

const ACCOUNT = '111122223333'
const PARTNER = '444455556666'
const AWAY = 'eu-west-1'
const ISSUER = 'https://issuer.example.com'

const scratch = mkdtempSync(join(tmpdir(), 'trent-golden-'))
const pair = await generateKeyPair('ES256', { extractable: true })
const keysFile = join(scratch, 'keys.json')
writeFileSync(keysFile, JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }] }))
const trent = await startTrent('dev', { data: 'temporary', oidcKeys: [`${ISSUER}=${keysFile}`] }, openOutside().world)
after(async () => {
  await trent[Symbol.asyncDispose]()
  rmSync(scratch, { recursive: true })
})
const data = trent.data ?? ''

const words = new Map<string, string>()
/** Events by the name of what they are of, in the order of their eventIDs' appearance. */
const recorded = new Map<string, readonly TrailEvent[]>()
const seen = new Set<string>()

/** Events that are new since the last look; waits for those of changes, which come by way of the store. */
async function news(count: number, isMeant: (event: TrailEvent) => boolean): Promise<readonly TrailEvent[]> {
  for (const end = Date.now() + 5_000; ; await delay(20)) {
    const found = (await trailEvents(data)).filter((event) => !seen.has(event.eventID) && isMeant(event))
    if (found.length < count && Date.now() < end) continue
    for (const { eventID } of found) seen.add(eventID)
    return found
  }
}

const countOf = (name: string) => GOLDENS[name]?.length ?? 1

async function note(name: string, requestId: string): Promise<void> {
  words.set(`request of ${name}`, requestId)
  recorded.set(name, await news(countOf(name), ({ requestID }) => requestID === requestId))
}

type Given = { readonly account?: string; readonly region?: string; readonly name?: string }

/** One call of an account's root user. @returns its answer as text, whatever that was. */
async function call(
  operation: string,
  input: object,
  { account = ACCOUNT, region = 'us-east-1', name = operation }: Given = {},
) {
  const answer = await trent.kms(operation, input, { account, region })
  await note(name, answer.requestId)
  return answer
}

/** As `call`, for those that must succeed. */
async function done(operation: string, input: object, given?: Given) {
  const answer = await call(operation, input, given)
  assert.equal(answer.status, 200, `${operation}: ${answer.text}`)
  return JSON.parse(answer.text === '' ? '{}' : answer.text)
}

/** Lets time pass, and takes what the service does by itself meanwhile. */
async function pass(name: string, advance: string): Promise<void> {
  await news(0, () => true)
  await trent.control('POST', '/_trent/clock', { advance })
  recorded.set(name, await news(countOf(name), ({ requestID }) => requestID === undefined))
}

async function newKey(word: string, input: object = {}, given: Given = {}): Promise<string> {
  const { KeyMetadata } = await done('CreateKey', input, { name: `CreateKey of ${word}`, ...given })
  words.set(word, KeyMetadata.KeyId)
  if (KeyMetadata.CurrentKeyMaterialId) words.set(`${word}-material`, KeyMetadata.CurrentKeyMaterialId)
  return KeyMetadata.KeyId
}

// Keys of every kind, made by the root user.
const KeyId = await newKey('key', {
  Description: 'for goldens',
  Tags: [{ TagKey: 'team', TagValue: 'blue' }],
})
const other = await newKey('other')
const mac = await newKey('mac-key', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
const signer = await newKey('signer', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
const agreer = await newKey('agreer', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })
const imported = await newKey('imported', { Origin: 'EXTERNAL' })
const kept = await newKey('kept', { Origin: 'EXTERNAL' })
const primary = await newKey('primary', { MultiRegion: true })

// Use.
const EncryptionContext = { tenant: '42' }
const { CiphertextBlob } = await done('Encrypt', { KeyId, Plaintext: 'c2VjcmV0', EncryptionContext })
await done('Decrypt', { CiphertextBlob, EncryptionContext })
await done('Decrypt', { CiphertextBlob, EncryptionContext, KeyId }, { name: 'Decrypt naming its key' })
await done('ReEncrypt', {
  CiphertextBlob,
  SourceEncryptionContext: EncryptionContext,
  DestinationKeyId: other,
  DestinationEncryptionContext: { tenant: '43' },
})
await done('GenerateDataKey', { KeyId, KeySpec: 'AES_256', EncryptionContext })
await done('GenerateDataKeyWithoutPlaintext', { KeyId, NumberOfBytes: 64 })
await done('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256', EncryptionContext })
await done('GenerateDataKeyPairWithoutPlaintext', { KeyId, KeyPairSpec: 'ECC_NIST_P384' })
await done('GenerateRandom', { NumberOfBytes: 16 })
const SIGNING = { Message: 'c2VjcmV0', SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'RAW' }
const { Signature } = await done('Sign', { KeyId: signer, ...SIGNING })
await done('Verify', { KeyId: signer, ...SIGNING, Signature })
const MACING = { Message: 'c2VjcmV0', MacAlgorithm: 'HMAC_SHA_256' }
const { Mac } = await done('GenerateMac', { KeyId: mac, ...MACING })
await done('VerifyMac', { KeyId: mac, ...MACING, Mac })
const { PublicKey } = await done('GetPublicKey', { KeyId: agreer })
await done('DeriveSharedSecret', { KeyId: agreer, KeyAgreementAlgorithm: 'ECDH', PublicKey })

// Reading.
await done('DescribeKey', { KeyId })
await done('GetKeyLastUsage', { KeyId })
await done('GetKeyPolicy', { KeyId, PolicyName: 'default' })
await done('ListKeyPolicies', { KeyId })
await done('ListKeys', { Limit: 10 })
await done('ListResourceTags', { KeyId, Limit: 10 })

// Managing.
await done('CreateAlias', { AliasName: 'alias/app', TargetKeyId: KeyId })
await done('ListAliases', { KeyId })
await done('DescribeKey', { KeyId: 'alias/app' }, { name: 'DescribeKey by alias' })
await done('UpdateAlias', { AliasName: 'alias/app', TargetKeyId: other })
await done('DeleteAlias', { AliasName: 'alias/app' })
await done('TagResource', { KeyId, Tags: [{ TagKey: 'cost', TagValue: '7' }] })
await done('UntagResource', { KeyId, TagKeys: ['cost'] })
await done('UpdateKeyDescription', { KeyId, Description: 'for goldens still' })
const Policy = policyText({ ...allow('kms:*'), Principal: { AWS: ACCOUNT } })
await done('PutKeyPolicy', { KeyId, Policy })
await done('DisableKey', { KeyId })
await call('Encrypt', { KeyId, Plaintext: 'c2VjcmV0' }, { name: 'Encrypt with a disabled key' })
await done('EnableKey', { KeyId })

// Grants.
const GranteePrincipal = `arn:aws:iam::${PARTNER}:root`
const granted = await done('CreateGrant', {
  KeyId,
  GranteePrincipal,
  RetiringPrincipal: `arn:aws:iam::${ACCOUNT}:root`,
  Operations: ['Decrypt', 'DescribeKey'],
  Constraints: { EncryptionContextSubset: { tenant: '42' } },
  Name: 'worker',
})
words.set('grant', granted.GrantId)
await done('ListGrants', { KeyId, Limit: 10 })
await done('ListRetirableGrants', { RetiringPrincipal: `arn:aws:iam::${ACCOUNT}:root` })
await done('RetireGrant', { GrantToken: granted.GrantToken })
const again = await done(
  'CreateGrant',
  { KeyId, GranteePrincipal, Operations: ['Decrypt'] },
  { name: 'CreateGrant again' },
)
words.set('grant-again', again.GrantId)
await done('RevokeGrant', { KeyId, GrantId: again.GrantId })

// Rotation and imported material.
await done('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 })
await done('GetKeyRotationStatus', { KeyId })
await done('DisableKeyRotation', { KeyId })
await done('RotateKeyOnDemand', { KeyId })
recorded.set('RotateKey on demand', await news(1, ({ eventName }) => eventName === 'RotateKey'))
words.set(
  'key-material-2',
  JSON.parse((await trent.kms('DescribeKey', { KeyId }, { account: ACCOUNT })).text).KeyMetadata.CurrentKeyMaterialId,
)
await done('ListKeyRotations', { KeyId })
const WRAPPING = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
const NEVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
const soon = { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: Math.floor(Date.now() / 1_000) + 3_600 }

/** Imports material as its owner does. */
async function bring(word: string, keyId: string, expiry: object): Promise<void> {
  const name = (operation: string) => ({ name: `${operation} of ${word}` })
  const { PublicKey: wrapper, ImportToken } = await done(
    'GetParametersForImport',
    { KeyId: keyId, ...WRAPPING },
    name('GetParametersForImport'),
  )
  const wrapped = wrapFor(Buffer.from(wrapper, 'base64'), WRAPPING.WrappingAlgorithm, randomBytes(32))
  const input = { KeyId: keyId, ImportToken, EncryptedKeyMaterial: wrapped.toString('base64'), ...expiry }
  const { KeyMaterialId } = await done('ImportKeyMaterial', input, name('ImportKeyMaterial'))
  words.set(`${word}-material`, KeyMaterialId)
}
await bring('imported', imported, soon)
await bring('kept', kept, NEVER)
await done('DeleteImportedKeyMaterial', { KeyId: kept })
await pass('DeleteExpiredKeyMaterial', 'PT2H')

// Several Regions.
await done('ReplicateKey', { KeyId: primary, ReplicaRegion: AWAY, Description: 'away' })
recorded.set('SynchronizeMultiRegionKey', await news(1, ({ eventName }) => eventName === 'SynchronizeMultiRegionKey'))
await done('UpdatePrimaryRegion', { KeyId: primary, PrimaryRegion: AWAY })

// Custom key stores.
const { CustomKeyStoreId } = await done('CreateCustomKeyStore', { CustomKeyStoreName: 'outside', ...EXTERNAL_STORE })
words.set('store', CustomKeyStoreId)
await done('DescribeCustomKeyStores', { CustomKeyStoreId })
await done('ConnectCustomKeyStore', { CustomKeyStoreId })
await reaches(trent, { account: ACCOUNT }, CustomKeyStoreId, 'CONNECTED')
await newKey('stored', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId: 'outer' })
await done('DisconnectCustomKeyStore', { CustomKeyStoreId })
await reaches(trent, { account: ACCOUNT }, CustomKeyStoreId, 'DISCONNECTED')
await done('UpdateCustomKeyStore', { CustomKeyStoreId, NewCustomKeyStoreName: 'outside again' })
await call('DeleteCustomKeyStore', { CustomKeyStoreId }, { name: 'DeleteCustomKeyStore that holds a key' })
const second = await done(
  'CreateCustomKeyStore',
  { ...EXTERNAL_STORE, CustomKeyStoreName: 'empty', XksProxyUriPath: '/empty/kms/xks/v1' },
  { name: 'CreateCustomKeyStore to be deleted' },
)
words.set('empty-store', second.CustomKeyStoreId)
await done('DeleteCustomKeyStore', { CustomKeyStoreId: second.CustomKeyStoreId })

// The end of keys, and what KMS does about it by itself.
await done('ScheduleKeyDeletion', { KeyId: signer, PendingWindowInDays: 7 })
await done('CancelKeyDeletion', { KeyId: signer })
await done('ScheduleKeyDeletion', { KeyId: signer, PendingWindowInDays: 7 }, { name: 'ScheduleKeyDeletion again' })
await pass('DeleteKey', 'P7DT1H')
await done('EnableKeyRotation', { KeyId: other, RotationPeriodInDays: 90 }, { name: 'EnableKeyRotation of other' })
await pass('RotateKey by schedule', 'P91D')
const rotated = JSON.parse((await trent.kms('DescribeKey', { KeyId: other }, { account: ACCOUNT })).text)
words.set('other-material-2', rotated.KeyMetadata.CurrentKeyMaterialId)

// Every kind of caller.
using root = clientsOf(trent, { accessKeyId: ACCOUNT, secretAccessKey: 'anything' })
const dana = await newUser(root.iam, 'dana', allow('*'))
words.set('dana-id', dana.userId).set('dana-key', dana.accessKeyId)
const providerArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/issuer.example.com`
await root.iam.send(new CreateOpenIDConnectProviderCommand({ Url: ISSUER, ClientIDList: ['trent'] }))
const trust = policyText(
  { Effect: 'Allow', Principal: { AWS: dana.arn }, Action: 'sts:AssumeRole' },
  { Effect: 'Allow', Principal: { Federated: providerArn }, Action: 'sts:AssumeRoleWithWebIdentity' },
)
const { Role } = await root.iam.send(
  new CreateRoleCommand({ RoleName: 'worker', Path: '/jobs/', AssumeRolePolicyDocument: trust }),
)
words.set('role-id', Role?.RoleId ?? '')
await root.iam.send(
  new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'use', PolicyDocument: policyText(allow('kms:*')) }),
)

type Sent = { readonly $metadata: { readonly requestId?: string } }

/** A call of somebody by the SDK; refused ones are noted as well. */
async function sent<T extends Sent>(name: string, calling: Promise<T>): Promise<T> {
  const answer = await calling.catch((thrown) => thrown)
  await note(name, answer.$metadata.requestId)
  return answer
}
async function encryptAs(name: string, signing: Signer): Promise<void> {
  using clients: Clients = clientsOf(trent, signing)
  words.set(`key-of-${name.replaceAll(' ', '-')}`, signing.accessKeyId)
  await sent(`Encrypt by ${name}`, clients.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret') })))
}

await encryptAs('a user', dana)
using asDana = clientsOf(trent, dana)
const longer = await sent('GetSessionToken', asDana.sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 })))
await encryptAs('a session of a user', signerOf(longer.Credentials))
const role = { RoleArn: Role?.Arn, RoleSessionName: 'run-7' }
const assumed = await sent('AssumeRole', asDana.sts.send(new AssumeRoleCommand(role)))
await encryptAs('a role', signerOf(assumed.Credentials))
const guest = await sent(
  'GetFederationToken',
  asDana.sts.send(new GetFederationTokenCommand({ Name: 'guest', Policy: policyText(allow('kms:*')) })),
)
await encryptAs('a federated user', signerOf(guest.Credentials))
const now = Math.floor(Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now) / 1_000)
const WebIdentityToken = await new SignJWT({ iss: ISSUER, aud: 'trent', sub: 'repo:main', iat: now, exp: now + 600 })
  .setProtectedHeader({ alg: 'ES256', kid: 'k' })
  .sign(pair.privateKey)
const web = await sent(
  'AssumeRoleWithWebIdentity',
  root.sts.send(new AssumeRoleWithWebIdentityCommand({ ...role, WebIdentityToken })),
)
await encryptAs('a web identity', signerOf(web.Credentials))

// Somebody of another account: with the owner's leave, and without.
const cross = policyText(
  { ...allow('kms:*'), Principal: { AWS: ACCOUNT } },
  { ...allow('kms:Encrypt'), Principal: { AWS: PARTNER } },
)
await trent.ok('PutKeyPolicy', { KeyId, Policy: cross }, { account: ACCOUNT })
using partner = clientsOf(trent, { accessKeyId: PARTNER, secretAccessKey: 'anything' })
const visitor = await newUser(partner.iam, 'visitor', allow(['kms:*', 'sts:AssumeRole']))
words.set('visitor-id', visitor.userId).set('visitor-key', visitor.accessKeyId)
using asVisitor = clientsOf(trent, visitor)
const Arn = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${KeyId}`
const crossed = await sent(
  'Encrypt across accounts',
  asVisitor.kms.send(new EncryptCommand({ KeyId: Arn, Plaintext: Buffer.from('secret'), EncryptionContext })),
)
await sent(
  'Decrypt across accounts that is refused',
  asVisitor.kms.send(new DecryptCommand({ CiphertextBlob: crossed.CiphertextBlob, EncryptionContext })),
)

const open = policyText({ Effect: 'Allow', Principal: { AWS: PARTNER }, Action: 'sts:AssumeRole' })
await root.iam.send(new CreateRoleCommand({ RoleName: 'shared', AssumeRolePolicyDocument: open }))
const shared = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/shared`, RoleSessionName: 'visit' }
const visiting = await sent('AssumeRole across accounts', asVisitor.sts.send(new AssumeRoleCommand(shared)))
words.set('visiting-key', visiting.Credentials?.AccessKeyId ?? '')
words.set('visiting-id', visiting.AssumedRoleUser?.AssumedRoleId?.split(':')[0] ?? '')

for (const [name, events] of recorded) {
  const [first] = events
  const own = { request: words.get(`request of ${name}`) ?? '', shared: String(first?.sharedEventID) }
  const known = new Map([...words, ...Object.entries(own)])
  test(`${name} is recorded as CloudTrail records it`, () => {
    const goldens = GOLDENS[name] ?? assert.fail(`there is no golden of ${name}`)
    assert.equal(events.length, goldens.length, JSON.stringify(events))
    for (const [index, golden] of goldens.entries()) {
      const { trentDecision: _, ...event } = events[index] ?? assert.fail()
      matches(whole(golden), event, known)
    }
  })
}

test('every golden was met, every operation of KMS has one, and so has every kind of caller', () => {
  assert.deepEqual([...recorded.keys()].sort(), Object.keys(GOLDENS).sort())
  const names = new Set([...recorded.values()].flat().map(({ eventName }) => eventName))
  for (const operation of Object.keys(MODEL.operations)) assert.ok(names.has(operation), operation)
  const kinds = new Set([...recorded.values()].flat().map(({ userIdentity }) => typeOf(userIdentity)))
  const wanted = ['AWSAccount', 'AssumedRole', 'FederatedUser', 'IAMUser', 'Root', 'WebIdentityUser', 'the service']
  assert.deepEqual([...kinds].sort(), wanted)
})

function typeOf(identity: unknown): string {
  const isTyped = typeof identity === 'object' && identity !== null && 'type' in identity
  return isTyped ? String(identity.type) : 'the service'
}
