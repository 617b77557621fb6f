import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  ALIASES_PER_KEY_MAX,
  CUSTOM_KEY_STORES_MAX,
  KEY_POLICY_MAX_BYTES,
  ON_DEMAND_ROTATIONS_MAX,
  REPLICAS_MAX,
} from '../../../src/domain/limits.ts'
import type { Answer } from '../../support/answer.ts'
import { wrapFor } from '../../support/import.ts'
import { base64, createHmacKey, NO_KEY } from '../../support/key.ts'
import type { KeyMaker, Setting, Wanted } from '../../support/key-in-state.ts'
import { EXTERNAL_STORE, operationOf, REQUESTS, requestOf } from '../../support/kms-requests.ts'
import { AWAY, FAR } from '../../support/multi-region.ts'
import { connectedStore, disconnect, type openOutside, reaches } from '../../support/outside-store.ts'
import type { TestTrent } from '../../support/trent.ts'
import { type Fit, KEY_STATES } from './key-state-table.ts'

/** What provocations use: a running Trent, the world outside of it, and keys. */
export type Scene = {
  readonly trent: TestTrent
  readonly outside: ReturnType<typeof openOutside>
  readonly maker: KeyMaker
}

export type Provocation = (scene: Scene, operation: string) => Promise<Answer>

export const fitOf = (operation: string): Fit =>
  Object.entries(KEY_STATES).find(([form]) => operationOf(form) === operation)?.[1].fit ?? 'symmetric'

const ENABLED = { home: 'own', column: 'Enabled' } as const

/** The operation's own request about a new key, with `over` put over it. */
async function asked(
  scene: Scene,
  operation: string,
  over: (setting: Setting) => object,
  wanted: Partial<Wanted> & { readonly form?: string } = {},
): Promise<Answer> {
  const { form = operation, ...key } = wanted
  const setting = await scene.maker.make({ fit: fitOf(operation), ...ENABLED, ...key })
  const input = { ...requestOf(form, setting), ...over(setting) }
  return scene.trent.kms(operation, input, setting.caller)
}

const having =
  (over: object, wanted?: Partial<Wanted>): Provocation =>
  (scene, operation) =>
    asked(scene, operation, () => over, wanted)

const keyMembers = ['KeyId', 'TargetKeyId', 'SourceKeyId', 'DestinationKeyId']

/** The form of a request that names its key, and the member that names it. */
function naming(operation: string, subject: Setting): { readonly form: string; readonly member: string } {
  for (const form of Object.keys(REQUESTS)
    .filter((each) => operationOf(each) === operation)
    .toReversed()) {
    const member = keyMembers.find((each) => Object.hasOwn(requestOf(form, subject), each))
    if (member) return { form, member }
  }
  return assert.fail(`${operation} names no key`)
}

/** The operation's own request for another key. */
const about =
  (keyOf: (scene: Scene, setting: Setting) => Promise<string> | string): Provocation =>
  async (scene, operation) => {
    const setting = await scene.maker.make({ fit: fitOf(operation), ...ENABLED })
    const { form, member } = naming(operation, setting)
    const input = { ...requestOf(form, setting), [member]: await keyOf(scene, setting) }
    return scene.trent.kms(operation, input, setting.caller)
  }

const MAC_OF_NOBODY = { Mac: base64('m'.repeat(32)) }
const UNKNOWN_STORE = { CustomKeyStoreId: 'cks-00000000000000000' }

async function otherUsage({ trent }: Scene, { caller, spare }: Setting, operation: string): Promise<string> {
  return fitOf(operation) === 'symmetric' ? (await createHmacKey(trent, caller)).KeyId : spare
}

/** How an error is provoked wherever an operation has it, unless a row below says otherwise. */
export const ANYWHERE: Readonly<Record<string, Provocation>> = {
  CustomKeyStoreNotFoundException: having(UNKNOWN_STORE),
  DryRunOperationException: having({ DryRun: true }),
  InvalidArnException: about(() => 'alias/own'),
  InvalidGrantTokenException: having({ GrantTokens: ['AAAA'] }),
  InvalidKeyUsageException: (scene, operation) =>
    about((each, setting) => otherUsage(each, setting, operation))(scene, operation),
  InvalidMarkerException: having({ Marker: 'no marker' }),
  NotFoundException: about(() => NO_KEY),
}

const CLOUD_HSM = {
  CustomKeyStoreName: 'cluster',
  CloudHsmClusterId: 'cluster-2abcdefghijk',
  TrustAnchorCertificate: 'certificate',
  KeyStorePassword: 'password',
}
const SERVICE = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0'
const BEHIND_VPC = { XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE', XksProxyVpcEndpointServiceName: SERVICE }
const second = (over: object) => ({ ...EXTERNAL_STORE, CustomKeyStoreName: 'second', ...over })

/** A store beside others of its account. */
const besideStores =
  (others: readonly object[], input: object): Provocation =>
  async ({ trent, maker }, operation) => {
    const { caller } = await maker.make({ fit: 'symmetric', ...ENABLED })
    for (const other of others) await trent.ok('CreateCustomKeyStore', other, caller)
    return trent.kms(operation, input, caller)
  }

/** An update of a store beside another, which has the endpoint `taken`. */
const toTaken =
  (taken: object, mine: object, change: object): Provocation =>
  async ({ trent, maker }, operation) => {
    const { caller } = await maker.make({ fit: 'symmetric', ...ENABLED })
    await trent.ok('CreateCustomKeyStore', second(taken), caller)
    const made = await trent.kms(
      'CreateCustomKeyStore',
      { ...EXTERNAL_STORE, CustomKeyStoreName: 'mine', ...mine },
      caller,
    )
    const { CustomKeyStoreId } = JSON.parse(made.text)
    return trent.kms(operation, { CustomKeyStoreId, ...change }, caller)
  }

/** A call about a store that was connected once. */
const afterConnecting =
  (isDisconnected: boolean, over: object = {}, store: object = EXTERNAL_STORE): Provocation =>
  async ({ trent, maker }, operation) => {
    const setting = await maker.make({ fit: 'symmetric', ...ENABLED })
    const keyStoreId = await connectedStore(trent, setting.caller, store)
    if (isDisconnected) await disconnect(trent, setting.caller, keyStoreId)
    const input = { ...requestOf(operation, setting), CustomKeyStoreId: keyStoreId, ...over }
    return trent.kms(operation, input, setting.caller)
  }

const connectFailed: Provocation = async ({ trent, maker, outside }, operation) => {
  const { caller, keyStoreId } = await maker.make({ fit: 'symmetric', home: 'stored', column: 'Unavailable' })
  outside.answers.connect = 'INTERNAL_ERROR'
  await trent.ok('ConnectCustomKeyStore', { CustomKeyStoreId: keyStoreId }, caller)
  await reaches(trent, caller, keyStoreId, 'FAILED')
  outside.answers.connect = 'connected'
  return trent.kms(operation, { CustomKeyStoreId: keyStoreId }, caller)
}

const inStore =
  (request: (setting: Setting) => object): Provocation =>
  async ({ trent, maker }, operation) => {
    const setting = await maker.make({ fit: 'symmetric', home: 'stored', column: 'Unavailable' })
    return trent.kms(operation, request(setting), setting.caller)
  }

/** The call again and again, up to the limit and once more. */
const oneTooMany =
  (most: number, input: (setting: Setting, at: number) => object, wanted: Partial<Wanted> = {}): Provocation =>
  async ({ trent, maker }, operation) => {
    const setting = await maker.make({ fit: 'symmetric', ...ENABLED, ...wanted })
    for (let at = 0; at < most; at += 1) await trent.ok(operation, input(setting, at), setting.caller)
    return trent.kms(operation, input(setting, most), setting.caller)
  }

const aliasesOf = async ({ trent }: Scene, { caller, spare }: Setting, TargetKeyId: string) => {
  // Of the spare key there is one alias by now.
  for (let at = 1; at < ALIASES_PER_KEY_MAX; at += 1)
    await trent.ok('CreateAlias', { AliasName: `alias/${at}`, TargetKeyId }, caller)
  return spare
}
const fullKey =
  (input: object): Provocation =>
  async (scene, operation) => {
    const setting = await scene.maker.make({ fit: 'symmetric', ...ENABLED })
    const TargetKeyId = await aliasesOf(scene, setting, setting.spare)
    return scene.trent.kms(operation, { ...input, TargetKeyId }, setting.caller)
  }

const IMPORTED = { home: 'imported', column: 'Enabled' } as const
const wrong = (over: object): Provocation => having(over, IMPORTED)

const otherMaterial: Provocation = async ({ trent, maker }, operation) => {
  const { KeyId, caller } = await maker.make({ fit: 'symmetric', ...IMPORTED })
  const wanted = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
  const { ImportToken, PublicKey } = JSON.parse((await trent.kms('GetParametersForImport', wanted, caller)).text)
  const wrapped = wrapFor(Buffer.from(PublicKey, 'base64'), 'RSAES_OAEP_SHA_256', randomBytes(32)).toString('base64')
  const input = { KeyId, ImportToken, EncryptedKeyMaterial: wrapped }
  return trent.kms(operation, { ...input, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }, caller)
}

/** After a journey in time, which the Trent of these tests makes once for each such error. */
const later =
  (
    before: (scene: Scene, setting: Setting) => Promise<unknown>,
    duration: string,
    wanted: Partial<Wanted> = {},
  ): Provocation =>
  async (scene, operation) => {
    const setting = await scene.maker.make({ fit: 'symmetric', ...ENABLED, ...wanted })
    await before(scene, setting)
    const moved = await scene.trent.control('POST', '/_trent/clock', { advance: duration })
    assert.equal(moved.status, 200, moved.text)
    return scene.trent.kms(operation, requestOf(operation, setting), setting.caller)
  }

const ofGrants = { InvalidGrantIdException: having({ GrantId: 'no-grant' }) }
const ofCiphertexts = (keyMember: string) => ({
  IncorrectKeyException: ((scene, operation) =>
    asked(scene, operation, ({ spare }) => ({ [keyMember]: spare }))) satisfies Provocation,
  InvalidCiphertextException: having({ CiphertextBlob: base64('no ciphertext') }),
})
const RESERVED_TAG = { Tags: [{ TagKey: 'aws:a', TagValue: '' }] }
const FAMILY = { isFamily: true } as const

/** How an error of one operation is provoked. */
export const ROWS: Readonly<Record<string, Readonly<Record<string, Provocation>>>> = {
  ConnectCustomKeyStore: { CustomKeyStoreInvalidStateException: connectFailed },
  CreateAlias: {
    AlreadyExistsException: having({ AliasName: 'alias/own' }),
    InvalidAliasNameException: having({ AliasName: 'alias/aws/s3' }),
    LimitExceededException: fullKey({ AliasName: 'alias/one-more' }),
  },
  CreateCustomKeyStore: {
    CloudHsmClusterInUseException: besideStores([CLOUD_HSM], { ...CLOUD_HSM, CustomKeyStoreName: 'other' }),
    CustomKeyStoreNameInUseException: besideStores([CLOUD_HSM], { ...EXTERNAL_STORE, CustomKeyStoreName: 'cluster' }),
    LimitExceededException: oneTooMany(CUSTOM_KEY_STORES_MAX, (_setting, at) =>
      second({ CustomKeyStoreName: `store-${at}`, XksProxyUriPath: `/path${at}/kms/xks/v1` }),
    ),
    XksProxyUriEndpointInUseException: besideStores([second(BEHIND_VPC)], {
      ...EXTERNAL_STORE,
      CustomKeyStoreName: 'other',
      XksProxyUriPath: '/other/kms/xks/v1',
    }),
    XksProxyUriInUseException: besideStores([second({})], { ...EXTERNAL_STORE, CustomKeyStoreName: 'other' }),
    XksProxyVpcEndpointServiceInUseException: besideStores([second(BEHIND_VPC)], {
      ...EXTERNAL_STORE,
      ...BEHIND_VPC,
      CustomKeyStoreName: 'other',
      XksProxyUriEndpoint: 'https://other.example.com',
    }),
  },
  CreateKey: {
    CustomKeyStoreInvalidStateException: afterConnecting(true, { Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'key' }),
    CustomKeyStoreNotFoundException: having({ ...UNKNOWN_STORE, Origin: 'AWS_CLOUDHSM' }),
    MalformedPolicyDocumentException: having({ Policy: '{}' }),
    TagException: having(RESERVED_TAG),
    UnsupportedOperationException: having({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }),
    XksKeyAlreadyInUseException: async ({ trent, maker }, operation) => {
      const { caller, keyStoreId } = await maker.make({ fit: 'symmetric', home: 'stored', column: 'Enabled' })
      return trent.kms(
        operation,
        { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: keyStoreId, XksKeyId: 'key' },
        caller,
      )
    },
  },
  Decrypt: {
    ...ofCiphertexts('KeyId'),
    // A symmetric ciphertext names its key, so that another one is reported first.
    InvalidKeyUsageException: async (scene, operation) => {
      const { KeyId, caller, blob } = await scene.maker.make({ fit: 'mac', ...ENABLED })
      const input = { KeyId, CiphertextBlob: blob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
      return scene.trent.kms(operation, input, caller)
    },
  },
  DeleteAlias: { NotFoundException: having({ AliasName: 'alias/nothing' }) },
  DeleteCustomKeyStore: {
    CustomKeyStoreHasCMKsException: inStore(({ keyStoreId }) => ({ CustomKeyStoreId: keyStoreId })),
    CustomKeyStoreInvalidStateException: afterConnecting(false),
  },
  DisconnectCustomKeyStore: { CustomKeyStoreInvalidStateException: afterConnecting(true) },
  GenerateRandom: {
    CustomKeyStoreInvalidStateException: afterConnecting(true, {}, CLOUD_HSM),
    UnsupportedOperationException: afterConnecting(false),
  },
  GetPublicKey: { UnsupportedOperationException: having({}, { fit: 'symmetric' }) },
  ImportKeyMaterial: {
    ExpiredImportTokenException: later(async () => undefined, 'PT25H', IMPORTED),
    IncorrectKeyMaterialException: otherMaterial,
    InvalidCiphertextException: wrong({ EncryptedKeyMaterial: base64('nothing that was wrapped') }),
    InvalidImportTokenException: wrong({ ImportToken: base64('no token') }),
  },
  ListGrants: ofGrants,
  ListRetirableGrants: { InvalidArnException: having({ RetiringPrincipal: 'nobody' }) },
  PutKeyPolicy: {
    LimitExceededException: having({ Policy: `{}${' '.repeat(KEY_POLICY_MAX_BYTES)}` }),
    MalformedPolicyDocumentException: having({ Policy: '{}' }),
    UnsupportedOperationException: having({ PolicyName: 'other' }),
  },
  ReEncrypt: ofCiphertexts('SourceKeyId'),
  ReplicateKey: {
    AlreadyExistsException: having({ ReplicaRegion: AWAY }, FAMILY),
    // One replica is there already.
    LimitExceededException: oneTooMany(
      REPLICAS_MAX - 1,
      ({ KeyId }, at) => ({ KeyId, ReplicaRegion: `eu-test-${at}` }),
      FAMILY,
    ),
    MalformedPolicyDocumentException: having({ Policy: '{}' }, FAMILY),
    TagException: having(RESERVED_TAG, FAMILY),
    UnsupportedOperationException: having({ ReplicaRegion: FAR }),
  },
  RetireGrant: {
    ...ofGrants,
    InvalidGrantTokenException: having({ KeyId: undefined, GrantId: undefined, GrantToken: 'AAAA' }),
  },
  RevokeGrant: ofGrants,
  RotateKeyOnDemand: {
    ConflictException: later(
      ({ trent }, { KeyId, caller }) => trent.ok('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 }, caller),
      'P89DT23H50M',
    ),
    LimitExceededException: oneTooMany(ON_DEMAND_ROTATIONS_MAX, ({ KeyId }) => ({ KeyId })),
  },
  TagResource: { TagException: having(RESERVED_TAG) },
  UpdateAlias: { LimitExceededException: fullKey({ AliasName: 'alias/own' }) },
  UpdateCustomKeyStore: {
    CustomKeyStoreInvalidStateException: afterConnecting(false, { XksProxyUriEndpoint: 'https://other.example.com' }),
    CustomKeyStoreNameInUseException: toTaken(
      {},
      { XksProxyUriPath: '/mine/kms/xks/v1' },
      { NewCustomKeyStoreName: 'second' },
    ),
    XksProxyUriEndpointInUseException: toTaken(
      BEHIND_VPC,
      { XksProxyUriEndpoint: 'https://mine.example.com', XksProxyUriPath: '/mine/kms/xks/v1' },
      { XksProxyUriEndpoint: 'https://proxy.example.com' },
    ),
    XksProxyUriInUseException: toTaken({}, { XksProxyUriPath: '/mine/kms/xks/v1' }, { XksProxyUriPath: '/kms/xks/v1' }),
    XksProxyVpcEndpointServiceInUseException: toTaken(
      BEHIND_VPC,
      { ...BEHIND_VPC, XksProxyVpcEndpointServiceName: `${SERVICE}0`, XksProxyUriEndpoint: 'https://mine.example.com' },
      { XksProxyVpcEndpointServiceName: SERVICE },
    ),
  },
  UpdatePrimaryRegion: { UnsupportedOperationException: having({}) },
  Verify: { KMSInvalidSignatureException: having({ Message: base64('other') }) },
  VerifyMac: { KMSInvalidMacException: having(MAC_OF_NOBODY) },
}

/** What is provoked in a test of its own, because it takes many keys or grants. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'CreateGrant LimitExceededException': 'grant-restart.test.ts',
  'CreateKey LimitExceededException': 'quotas.test.ts',
}
