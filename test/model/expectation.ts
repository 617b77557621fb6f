import assert from 'node:assert/strict'
import type { Material, ModelKey, PolicyName, Region, World } from './state.ts'

/** The error that the contract gives: its code, and its text where it is known; `null` for an answer without one. */
export type Refusal = readonly [code: string, message?: string | null]

/** How often each operation was answered well, and refused as it had to be. */
export const seen = new Map<string, { done: number; refused: number }>()
export const totals = { sequences: 0, commands: 0 }

/** Milliseconds by which a date may differ from the model's: a loaded machine takes its time. */
const TOLERANCE_MS = 60_000

type Asked = { readonly region: Region; readonly account?: string }

/**
 * Calls, and fails unless the answer is a success or, where the model has one, that refusal.
 *
 * @returns the members of the answer; nothing when it was refused.
 */
export async function expects(
  { server, account }: World,
  operation: string,
  input: object,
  asked: Asked,
  refusal: Refusal | undefined,
) {
  const answer = await server.call(operation, input, asked.region, asked.account ?? account)
  const told = `${operation} ${JSON.stringify(input).slice(0, 600)} in ${asked.region}: ${answer.text.slice(0, 600)}`
  assert.equal(answer.code, refusal?.[0], `${told}\n  the model says ${refusal ?? 'success'}`)
  const count = seen.get(operation) ?? { done: 0, refused: 0 }
  count[refusal ? 'refused' : 'done'] += 1
  seen.set(operation, count)
  if (refusal?.[1] === null) assert.equal(answer.message, undefined, told)
  else if (refusal?.[1] !== undefined) assert.equal(answer.message, refusal[1], told)
  return refusal || answer.text === '' ? undefined : JSON.parse(answer.text)
}

/** Seconds of the wire to milliseconds. */
export const milliseconds = (seconds: number): number => Math.round(seconds * 1000)

/** Fails unless a date of the wire is, nearly, the model's. @returns it in milliseconds since the epoch. */
export function isAbout(seconds: number, expected: number, what: string): number {
  const date = milliseconds(seconds)
  assert.ok(Math.abs(date - expected) < TOLERANCE_MS, `${what}: ${new Date(date)} is not ${new Date(expected)}`)
  return date
}

/** Every material has one id, and no two have the same. */
export function learn({ keys }: World, material: Material, id: string): void {
  if (material.id !== undefined) {
    assert.equal(id, material.id)
    return
  }
  assert.match(id, /^[0-9a-f]{64}$/)
  const all = keys.flatMap(({ family }) => family.materials)
  assert.ok(!all.some((other) => other.id === id), `two materials have the id ${id}`)
  material.id = id
}

const PHRASES = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingImport: 'pending import',
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
} as const
type StateName = keyof typeof PHRASES

const enabled = ['Enabled'] as const
const switchable = ['Enabled', 'Disabled'] as const
const live = ['Enabled', 'Disabled', 'PendingImport'] as const
const leaving = ['PendingDeletion', 'PendingReplicaDeletion'] as const
/** Key states in which each operation works; those that are not here work in all. Source: KMS developer guide, key states. */
const WORKS_IN: { readonly [operation: string]: readonly StateName[] } = {
  CancelKeyDeletion: leaving,
  CreateAlias: live,
  CreateGrant: enabled,
  Decrypt: enabled,
  DeleteImportedKeyMaterial: [...live, ...leaving],
  DeriveSharedSecret: enabled,
  DisableKey: switchable,
  DisableKeyRotation: enabled,
  EnableKey: switchable,
  EnableKeyRotation: enabled,
  Encrypt: enabled,
  GenerateDataKey: enabled,
  GenerateDataKeyPair: enabled,
  GenerateDataKeyPairWithoutPlaintext: enabled,
  GenerateDataKeyWithoutPlaintext: enabled,
  GenerateMac: enabled,
  GetParametersForImport: live,
  GetPublicKey: enabled,
  ImportKeyMaterial: live,
  ReEncrypt: enabled,
  ReplicateKey: enabled,
  RotateKeyOnDemand: enabled,
  ScheduleKeyDeletion: live,
  Sign: enabled,
  TagResource: live,
  UntagResource: live,
  UpdateAlias: live,
  UpdateKeyDescription: live,
  UpdatePrimaryRegion: enabled,
  Verify: enabled,
  VerifyMac: enabled,
}

/** What each policy denies to everybody. */
const DENIED: { readonly [Name in PolicyName]: readonly string[] } = {
  default: [],
  open: [],
  noEncrypt: ['Encrypt'],
  noTags: ['TagResource', 'UntagResource'],
}

export const noSuchKey = (arn: string): Refusal => ['NotFoundException', `Key '${arn}' does not exist`]

/** Whether the key is there, may be used so, and is in a state for it; for the key's own account. */
export function refused(key: ModelKey, operation: string): Refusal | undefined {
  return key.isGone ? noSuchKey(key.arn) : (denied(key, operation) ?? refusedByState(key, operation))
}

export function denied(key: ModelKey, operation: string): Refusal | undefined {
  return DENIED[key.policy].includes(operation) ? ['AccessDeniedException'] : undefined
}

export function refusedByState({ arn, state }: ModelKey, operation: string): Refusal | undefined {
  const works = WORKS_IN[operation]
  if (!works || works.includes(state.name)) return undefined
  if (operation === 'CancelKeyDeletion') return ['KMSInvalidStateException', `${arn} is not pending deletion.`]
  const code = state.name === 'Disabled' ? 'DisabledException' : 'KMSInvalidStateException'
  return [code, `${arn} is ${PHRASES[state.name]}.`]
}

export function refusedByUsage({ arn, family }: ModelKey, operation: string, usage: string): Refusal | undefined {
  if (family.usage === usage) return undefined
  return ['InvalidKeyUsageException', `${arn} key usage is ${family.usage} which is not valid for ${operation}.`]
}

/** Notes a successful cryptographic operation, which GetKeyLastUsage tells. */
export function used({ server }: World, key: ModelKey, operation: string): void {
  key.lastUse = { operation, at: server.now() }
}
