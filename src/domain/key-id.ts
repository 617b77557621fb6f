import { type AliasName, type KeyId, parseAccountId, parseArn, parseRegion, type Scope } from './arn.ts'
import { error, type ServiceError } from './error.ts'
import type { KeyMaterialId } from './key.ts'

/** Lower-case UUID with dashes, or `mrk-` and 32 lower-case hex digits. Source: recorded answers; 32 hex without dashes is invalid. */
const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/

const MULTI_REGION_PREFIX = 'mrk-'

/** What a `KeyId` member can name: a key or an alias, in the caller's scope or, by ARN, in another account. */
export type KeyReference =
  | { readonly kind: 'key'; readonly scope: Scope; readonly keyId: KeyId; readonly byArn: boolean }
  | { readonly kind: 'alias'; readonly scope: Scope; readonly aliasName: AliasName; readonly byArn: boolean }

export function parseKeyId(text: string): KeyId | undefined {
  return KEY_ID.test(text) ? (text as KeyId) : undefined
}

/** A new key's id. Source: recorded answers; that of a multi-Region key is no UUID. */
export function newKeyId(ids: { uuid(): string; hex(bytes: number): string }, multiRegion: boolean): KeyId {
  return (multiRegion ? `${MULTI_REGION_PREFIX}${ids.hex(16)}` : ids.uuid()) as KeyId
}

/** Whether an id is one that only multi-Region keys have. */
export function isMultiRegionId(keyId: KeyId): boolean {
  return keyId.startsWith(MULTI_REGION_PREFIX)
}

/** Source: BackingKeyIdType of the service model. */
const KEY_MATERIAL_ID = /^[a-f0-9]{64}$/

export function parseKeyMaterialId(text: string): KeyMaterialId | undefined {
  return KEY_MATERIAL_ID.test(text) ? (text as KeyMaterialId) : undefined
}

const invalidKeyId = (text: string) => error('NotFoundException', `Invalid keyId '${text}'`)

/**
 * Reads any of the four key identifiers: key id, key ARN, alias name, alias ARN.
 *
 * @param caller - the endpoint's Region and the caller's account, in which bare ids and alias names are looked up.
 * @returns `NotFoundException` for a malformed id and for an ARN of another Region. Source: recorded answers.
 */
export function parseKeyReference(text: string, caller: Scope): KeyReference | ServiceError {
  if (text.startsWith('arn:')) return parseReferenceArn(text, caller)
  if (text.startsWith('alias/')) return { kind: 'alias', scope: caller, aliasName: text as AliasName, byArn: false }
  const keyId = parseKeyId(text)
  return keyId ? { kind: 'key', scope: caller, keyId, byArn: false } : invalidKeyId(text)
}

function parseReferenceArn(text: string, caller: Scope): KeyReference | ServiceError {
  const arn = parseArn(text)
  const account = arn && parseAccountId(arn.account)
  const region = arn && parseRegion(arn.region)
  if (arn?.service !== 'kms' || !account || !region) return invalidKeyId(text)
  if (region !== caller.region) return error('NotFoundException', `Invalid arn ${region}`)
  const scope = { account, region }
  if (arn.resource.startsWith('alias/'))
    return { kind: 'alias', scope, aliasName: arn.resource as AliasName, byArn: true }
  const keyId = arn.resource.startsWith('key/') ? parseKeyId(arn.resource.slice(4)) : undefined
  return keyId ? { kind: 'key', scope, keyId, byArn: true } : invalidKeyId(text)
}
