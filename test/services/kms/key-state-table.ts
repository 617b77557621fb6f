/**
 * Which operation works on a key in which state. Source: key-state table of the KMS developer guide; operations that are newer
 * than it as their API pages tell.
 */

/** What kind of key an operation is for. */
export type Fit = 'symmetric' | 'mac' | 'signing' | 'agreement'

/** Cells of one row stand in the order of these columns: state of the key, and how it came into it where that makes a difference. */
export const COLUMNS = {
  /** Material that was made here; of multi-Region keys: the primary, unless it is being created, which is a replica. */
  own: ['Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'Creating', 'Updating'],
  /** Imported material. */
  imported: [
    'Enabled',
    'Disabled',
    'PendingDeletion',
    'PendingDeletion, material deleted',
    'PendingImport',
    'PendingReplicaDeletion',
    'Creating',
    'Updating',
  ],
  /** In a custom key store. */
  stored: [
    'Enabled',
    'Disabled',
    'PendingDeletion',
    'PendingDeletion, store disconnected',
    'Unavailable',
    'Unavailable, disabled before',
  ],
} as const

export type Home = keyof typeof COLUMNS
export type Column = (typeof COLUMNS)[Home][number]

/**
 * What cells mean. The numbers are those of the published table's notes; the texts follow the ARN of the key. `$` stands for
 * the key's state in words, `@` for its origin.
 */
export const VERDICTS = {
  ok: undefined,
  1: ['DisabledException', 'is disabled.'],
  3: ['KMSInvalidStateException', 'is $.'],
  4: ['KMSInvalidStateException', 'is not pending deletion.'],
  5: ['KMSInvalidStateException', 'is pending import.'],
  6: ['UnsupportedOperationException', 'origin is @ which is not valid for this operation.'],
  7: ['UnsupportedOperationException', 'origin is @ which is not valid for this operation.'],
  8: ['KMSInvalidStateException', 'is $.'],
  9: ['UnsupportedOperationException', 'origin is @ which is not valid for this operation.'],
  11: ['KMSInvalidStateException', 'is unavailable.'],
  14: ['KMSInvalidStateException', 'is creating.'],
  15: ['KMSInvalidStateException', 'is updating.'],
  /** Of another kind of key, whatever its state: refused without a text. */
  kind: ['UnsupportedOperationException', null],
  /** The state admits the call, and what it needs cannot be in that state; see below. */
  bare: undefined,
  /** The cell cannot be reached; see below. */
  '-': undefined,
} as const satisfies Readonly<Record<string, readonly [string, string | null] | undefined>>

export type Verdict = keyof typeof VERDICTS | '1' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '11' | '14' | '15'

export type Row = { readonly fit: Fit } & { readonly [H in Home]: string }
const row = (fit: Fit, own: string, imported: string, stored: string): Row => ({ fit, own, imported, stored })

const ANY = row('symmetric', 'ok ok ok ok ok ok', 'ok ok ok ok ok ok ok ok', 'ok ok ok ok ok ok')
const LIVE = row('symmetric', 'ok ok 3 3 ok ok', 'ok ok 3 3 ok 3 ok ok', 'ok ok 3 3 ok ok')
const USE = row('symmetric', 'ok 1 3 3 14 ok', 'ok 1 3 3 5 3 14 ok', '- 1 3 3 11 11')
const USE_BY_CIPHERTEXT = { ...USE, own: 'ok 1 3 3 - ok', imported: 'ok 1 3 3 5 3 - ok', stored: '- - - - - -' }
const PAIR = { ...USE, stored: '7 1 3 3 11 11' }
const ONLY_OWN = { own: USE.own, imported: '- - - - 5 - - -', stored: '- - - - - -' }
const SWITCH = row('symmetric', 'ok ok 3 3 14 15', 'ok ok 3 3 5 3 14 15', 'ok ok 3 3 ok ok')
const SCHEDULE = row('symmetric', 'ok 1 3 3 14 ok', '7 7 7 7 6 7 14 7', '7 7 7 7 7 7')
const NO_SCHEDULE = { own: 'kind kind kind kind 14 kind', imported: '- - - - kind - - -', stored: '- - - - - -' }
const OF_A_GRANT = row('symmetric', 'ok ok ok ok bare ok', 'ok ok ok ok ok ok bare ok', 'ok ok ok ok ok ok')

/** Rows whose operation has several forms say after a space which. ScheduleKeyDeletion is last: it ends what it works on. */
export const KEY_STATES: Readonly<Record<string, Row>> = {
  CancelKeyDeletion: row('symmetric', '4 4 ok ok 4 4', '4 4 ok ok 4 ok 4 4', '4 4 ok ok 4 4'),
  CreateAlias: LIVE,
  CreateGrant: row('symmetric', 'ok 1 3 3 14 ok', 'ok 1 3 3 5 3 14 ok', 'ok 1 3 3 ok ok'),
  'Decrypt naming its key': USE,
  Decrypt: USE_BY_CIPHERTEXT,
  DeleteImportedKeyMaterial: row('symmetric', '9 9 9 9 9 9', 'ok ok ok ok ok ok 14 15', '9 9 9 9 9 9'),
  DeriveSharedSecret: { fit: 'agreement', ...ONLY_OWN },
  DescribeKey: ANY,
  DisableKey: SWITCH,
  DisableKeyRotation: SCHEDULE,
  'DisableKeyRotation of a MAC key': { fit: 'mac', ...NO_SCHEDULE },
  'DisableKeyRotation of a key pair': { fit: 'signing', ...NO_SCHEDULE },
  EnableKey: SWITCH,
  EnableKeyRotation: SCHEDULE,
  'EnableKeyRotation of a MAC key': { fit: 'mac', ...NO_SCHEDULE },
  'EnableKeyRotation of a key pair': { fit: 'signing', ...NO_SCHEDULE },
  Encrypt: USE,
  GenerateDataKey: USE,
  GenerateDataKeyPair: PAIR,
  GenerateDataKeyPairWithoutPlaintext: PAIR,
  GenerateDataKeyWithoutPlaintext: USE,
  GenerateMac: { fit: 'mac', ...ONLY_OWN },
  GetKeyLastUsage: ANY,
  GetKeyPolicy: ANY,
  // A key that cannot rotate says so, as the API page has it, where the table has refusals 6 and 7.
  GetKeyRotationStatus: ANY,
  GetParametersForImport: row('symmetric', '9 9 9 9 9 9', 'ok ok 8 8 ok 8 14 15', '9 9 9 9 9 9'),
  GetPublicKey: { fit: 'signing', ...ONLY_OWN },
  ImportKeyMaterial: row('symmetric', '9 9 9 9 9 9', 'ok ok 8 8 ok 8 14 ok', '9 9 9 9 9 9'),
  ListAliases: ANY,
  ListGrants: ANY,
  ListKeyPolicies: ANY,
  ListKeyRotations: row('symmetric', ANY.own, ANY.imported, '7 7 7 7 7 7'),
  ListResourceTags: ANY,
  PutKeyPolicy: ANY,
  'ReEncrypt naming its source': { ...USE, stored: '- - - - - -' },
  'ReEncrypt from the key': USE_BY_CIPHERTEXT,
  'ReEncrypt to the key': USE,
  ReplicateKey: row('symmetric', 'ok 1 3 3 14 15', 'ok 1 3 3 5 3 14 15', '- - - - - -'),
  RetireGrant: OF_A_GRANT,
  RevokeGrant: OF_A_GRANT,
  RotateKeyOnDemand: row('symmetric', 'ok 1 3 3 14 ok', 'bare 1 3 3 5 3 14 bare', '7 1 3 3 7 7'),
  Sign: { fit: 'signing', ...ONLY_OWN },
  TagResource: LIVE,
  UntagResource: LIVE,
  'UpdateAlias away from the key': ANY,
  'UpdateAlias to the key': LIVE,
  DeleteAlias: ANY,
  UpdateKeyDescription: LIVE,
  UpdatePrimaryRegion: row('symmetric', 'ok 1 3 3 14 ok', 'ok 1 3 3 5 3 14 ok', '- - - - - -'),
  Verify: { fit: 'signing', ...ONLY_OWN },
  VerifyMac: { fit: 'mac', ...ONLY_OWN },
  ScheduleKeyDeletion: row('symmetric', 'ok ok 3 3 ok 15', 'ok ok 3 3 ok 3 ok 15', 'ok ok 3 3 ok ok'),
}

/** Operations that take no key, so that no state of one can matter. */
export const WITHOUT_KEY = [
  'ConnectCustomKeyStore',
  'CreateCustomKeyStore',
  'CreateKey',
  'DeleteCustomKeyStore',
  'DescribeCustomKeyStores',
  'DisconnectCustomKeyStore',
  'GenerateRandom',
  'ListKeys',
  'ListRetirableGrants',
  'UpdateCustomKeyStore',
] as const

/*
 * Cells that no key can be in, or that cannot succeed in their state:
 * - Decrypt, ReEncrypt by the ciphertext alone | Creating: the ciphertext names material, and a replica that is being created has none of it yet: the key is not found by it.
 * - Decrypt, ReEncrypt by the ciphertext alone | in a custom key store: nothing can be encrypted outside without the store; the calls that name their key show the states.
 * - uses of a key in a custom key store | Enabled: it is the store outside that answers, not the key’s state.
 * - ReplicateKey, UpdatePrimaryRegion | in a custom key store: no multi-Region key is in one.
 * - key pairs and MAC keys | in a custom key store: custom key stores hold symmetric keys only.
 * - key pairs and MAC keys, imported | all but PendingImport: they differ from symmetric ones in nothing but the missing material.
 * - RetireGrant, RevokeGrant | Creating: no grant can be made in that state, so that none is found.
 * - RotateKeyOnDemand, imported | Enabled, Updating: admitted, and then refused for want of material that waits for it.
 */
