import { randomBytes } from 'node:crypto'
import type { Column, Fit, Home } from '../services/kms/key-state-table.ts'
import type { Metadata } from './answer.ts'
import { wrapFor } from './import.ts'
import { base64 } from './key.ts'
import type { Subject } from './kms-requests.ts'
import { AWAY, HOME } from './multi-region.ts'
import { connectedStore, disconnect } from './outside-store.ts'
import { type Caller, newAccount, type TestTrent } from './trent.ts'

/** A key with everything that requests about it need, and who calls. */
export type Setting = Subject & {
  readonly caller: { readonly account: string; readonly region: string }
  readonly Arn: string
}

/** What a test asks for. A family is a primary and its replica in the other Region. */
export type Wanted = { readonly fit: Fit; readonly home: Home; readonly column: Column; readonly isFamily?: boolean }

const SPECS: Readonly<Record<Fit, object>> = {
  symmetric: {},
  mac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  signing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  agreement: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
}
/** Columns of keys whose state the store is given while nothing runs: through the API they last for moments only. */
export const MOMENTARY: readonly Column[] = ['Creating', 'Updating']
const FAMILIES: readonly Column[] = ['PendingReplicaDeletion', ...MOMENTARY]
/** Calls after which a key is in the state of the column. */
const ENTERS: Readonly<Partial<Record<Column, readonly string[]>>> = {
  Disabled: ['DisableKey'],
  PendingDeletion: ['ScheduleKeyDeletion'],
  PendingReplicaDeletion: ['ScheduleKeyDeletion'],
  PendingImport: ['DeleteImportedKeyMaterial'],
  'PendingDeletion, material deleted': ['DeleteImportedKeyMaterial', 'ScheduleKeyDeletion'],
  'PendingDeletion, store disconnected': ['ScheduleKeyDeletion'],
  'Unavailable, disabled before': ['DisableKey'],
}
const LEAVES_STORE: readonly Column[] = [
  'Unavailable',
  'Unavailable, disabled before',
  'PendingDeletion, store disconnected',
]

const create = async (trent: TestTrent, input: object, caller: Caller): Promise<Metadata> =>
  (await trent.ok('CreateKey', input, caller)).KeyMetadata

const WRAPPING = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const

/** Imports material for good. @returns what was sent, which can be sent again. */
export async function bring(trent: TestTrent, KeyId: string, material: Buffer, caller: Caller) {
  const { text } = await trent.kms('GetParametersForImport', { KeyId, ...WRAPPING }, caller)
  const { ImportToken, PublicKey }: { ImportToken: string; PublicKey: string } = JSON.parse(text)
  const wrapped = wrapFor(Buffer.from(PublicKey, 'base64'), WRAPPING.WrappingAlgorithm, material).toString('base64')
  const input = { KeyId, ImportToken, EncryptedKeyMaterial: wrapped, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
  await trent.ok('ImportKeyMaterial', input, caller)
  return { token: ImportToken, wrapped }
}

const NOTHING = { token: base64('token'), wrapped: base64('wrapped'), keyStoreId: 'cks-00000000000000000' }

async function newKey(trent: TestTrent, wanted: Wanted, caller: Caller) {
  const { fit, home, column, isFamily = FAMILIES.includes(column) } = wanted
  if (home === 'stored') {
    const keyStoreId = await connectedStore(trent, caller)
    const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: keyStoreId, XksKeyId: 'key' }
    return { ...NOTHING, ...(await create(trent, input, caller)), keyStoreId }
  }
  const origin = home === 'imported' ? { Origin: 'EXTERNAL' } : {}
  const made = await create(trent, { ...SPECS[fit], ...origin, ...(isFamily ? { MultiRegion: true } : {}) }, caller)
  const { KeyId } = made
  const material = randomBytes(32)
  const isBrought = home === 'imported' && fit === 'symmetric'
  const brought = isBrought ? await bring(trent, KeyId, material, caller) : {}
  if (isFamily && !column.startsWith('PendingDeletion')) {
    await trent.ok('ReplicateKey', { KeyId, ReplicaRegion: AWAY }, caller)
    // What is being created has nothing imported yet.
    if (isBrought && column !== 'Creating') await bring(trent, KeyId, material, { ...caller, region: AWAY })
  }
  return { ...NOTHING, ...made, ...brought }
}

const MAKES: Readonly<Record<Fit, (trent: TestTrent, KeyId: string, caller: Caller) => Promise<object>>> = {
  symmetric: async (trent, KeyId, caller) => ({
    blob: (await trent.ok('Encrypt', { KeyId, Plaintext: 'YQ==' }, caller)).CiphertextBlob,
  }),
  mac: async (trent, KeyId, caller) => ({
    mac: (await trent.ok('GenerateMac', { KeyId, Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }, caller)).Mac,
  }),
  signing: async (trent, KeyId, caller) => ({
    signature: (await trent.ok('Sign', { KeyId, Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }, caller))
      .Signature,
  }),
  agreement: async (trent, KeyId, caller) => ({
    publicKey: (await trent.ok('GetPublicKey', { KeyId }, caller)).PublicKey,
  }),
}

/** What the key itself makes, for the requests that read it; placeholders where it cannot make any. */
async function products(trent: TestTrent, { fit, home }: Wanted, KeyId: string, caller: Caller) {
  const none = { mac: base64('m'.repeat(32)), signature: base64('signature'), publicKey: base64('a') }
  const isUsable = home === 'own' || (fit === 'symmetric' && home === 'imported')
  return isUsable ? { ...none, ...(await MAKES[fit](trent, KeyId, caller)) } : none
}

type Named = { readonly KeyId: string; readonly spare: string; readonly grantee: string }

/** Aliases, a tag and grants of the key, as far as its state lets it have them. */
async function equip(trent: TestTrent, { KeyId, spare, grantee }: Named, caller: Caller, hasGrants: boolean) {
  for (const [name, TargetKeyId] of Object.entries({ own: KeyId, moved: KeyId, spare }))
    await trent.ok('CreateAlias', { AliasName: `alias/${name}`, TargetKeyId }, caller)
  await trent.ok('TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: '' }] }, caller)
  if (!hasGrants) return { retiredGrant: '0'.repeat(64), revokedGrant: '1'.repeat(64) }
  const grant = async () => {
    const input = { KeyId, GranteePrincipal: grantee, Operations: ['DescribeKey'] }
    return String(JSON.parse((await trent.kms('CreateGrant', input, caller)).text).GrantId)
  }
  return { retiredGrant: await grant(), revokedGrant: await grant() }
}

/** A key in an account of its own, before it enters the state of its column. */
async function begin(trent: TestTrent, wanted: Wanted): Promise<Setting> {
  const primary = { account: newAccount(), region: HOME }
  const caller = wanted.column === 'Creating' ? { ...primary, region: AWAY } : primary
  const { KeyId, token, wrapped, keyStoreId } = await newKey(trent, wanted, primary)
  const spare = (await create(trent, {}, caller)).KeyId
  const spareBlob = (await trent.ok('Encrypt', { KeyId: spare, Plaintext: 'YQ==' }, caller)).CiphertextBlob
  const product = { blob: spareBlob, ...(await products(trent, wanted, KeyId, primary)) }
  const policy = (await trent.ok('GetKeyPolicy', { KeyId }, primary)).Policy
  const { Arn } = (await trent.ok('DescribeKey', { KeyId }, caller)).KeyMetadata
  const grantee = `arn:aws:iam::${primary.account}:root`
  const subject = { caller, KeyId, Arn, token, wrapped, keyStoreId, spare, spareBlob, grantee, policy, ...product }
  const isComplete = wanted.home !== 'imported' || wanted.fit === 'symmetric'
  const none = { retiredGrant: '', revokedGrant: '' }
  return { ...subject, ...(wanted.column === 'Creating' ? none : await equip(trent, subject, caller, isComplete)) }
}

async function enter(trent: TestTrent, { KeyId, caller, keyStoreId }: Setting, wanted: Wanted): Promise<void> {
  const { fit, home, column } = wanted
  // A key that nothing was imported into waits for it from the start.
  const isThere = home === 'imported' && fit !== 'symmetric'
  for (const operation of isThere ? [] : (ENTERS[column] ?? [])) await trent.ok(operation, { KeyId }, caller)
  if (LEAVES_STORE.includes(column)) await disconnect(trent, caller, keyStoreId)
}

/** Makes keys for a running Trent. */
export function keyMaker(trent: TestTrent) {
  return {
    begin: (wanted: Wanted) => begin(trent, wanted),
    /** A key in the state of its column. */
    async make(wanted: Wanted): Promise<Setting> {
      const setting = await begin(trent, wanted)
      await enter(trent, setting, wanted)
      return setting
    },
    /** What a replica that is being created can have by now. */
    equipped: async (setting: Setting): Promise<Setting> => ({
      ...setting,
      ...(await equip(trent, setting, setting.caller, false)),
    }),
    async stateOf({ KeyId, caller }: Setting): Promise<string> {
      return (await trent.ok('DescribeKey', { KeyId }, caller)).KeyMetadata.KeyState
    },
  }
}

export type KeyMaker = ReturnType<typeof keyMaker>
