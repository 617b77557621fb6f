import { parseAccountId, parseRegion, type Region, type Scope } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { type Grant, type GrantId, grantNotFound, parseGrantId } from '../domain/grant.ts'
import { parseKeyId } from '../domain/key-id.ts'
import { GRANT_TOKEN_MAX_AGE_MS } from '../domain/limits.ts'
import type { Fields } from '../protocol/shape.ts'
import type { Authorized, Clock, Ids, KeyProcess, Store } from './ports.ts'

/** First byte of a token; then its signature, then the text that is signed. Layout: docs/formats.md. */
const VERSION = 1
const SIGNATURE_BYTES = 32
const TEXT_AT = 1 + SIGNATURE_BYTES
/** Makes every token another one, also those of one grant and one moment. */
const NONCE_BYTES = 16
const BASE64URL = /^[A-Za-z0-9_-]+$/

/** The grant that a token names. */
type Named = Scope & Pick<Grant, 'keyId' | 'grantId'>

/**
 * A token of a grant: text that only the key process can sign. It names the grant and when the token was made, and gives
 * nobody anything that the grant does not give.
 */
export async function issueGrantToken(
  { hsm, clock, ids }: { readonly hsm: KeyProcess; readonly clock: Clock; readonly ids: Ids },
  proof: Authorized<'kms:CreateGrant'>,
  { region, account, keyId, grantId }: Named,
): Promise<string | ServiceError> {
  const text = [region, account, keyId, grantId, clock.now(), ids.hex(NONCE_BYTES)].join(' ')
  const signature = await hsm.signGrantToken(proof, text)
  if (isError(signature)) return signature
  return Buffer.concat([Buffer.of(VERSION), signature, Buffer.from(text)]).toString('base64url')
}

export type TokenParts = { readonly hsm: KeyProcess; readonly clock: Clock; readonly store: Store }

/**
 * The grant that a token names.
 *
 * @returns `InvalidGrantTokenException` for a token that was not made here, is of another Region or too old;
 *   `NotFoundException` when its grant was retired, revoked or deleted with its key.
 */
export async function grantOfToken(parts: TokenParts, region: Region, token: string): Promise<Grant | ServiceError> {
  const named = await openGrantToken(parts, region, token)
  if (isError(named)) return named
  return (await parts.store.findGrant(named, named.keyId, named.grantId)) ?? grantNotFound(named.grantId)
}

async function openGrantToken(
  { hsm, clock }: TokenParts,
  region: Region,
  token: string,
): Promise<Named | ServiceError> {
  const bytes = Buffer.from(token, 'base64url')
  // Node skips what is not base64url, and a token has one form only.
  const isToken = BASE64URL.test(token) && bytes.toString('base64url') === token && bytes[0] === VERSION
  if (!isToken || bytes.length <= TEXT_AT) return error('InvalidGrantTokenException')
  const text = bytes.toString('latin1', TEXT_AT)
  const forged = await hsm.verifyGrantToken(text, bytes.subarray(1, TEXT_AT))
  if (forged) return forged
  const { ageMs, ...named } = parseTokenText(text, clock.now())
  return named.region === region && ageMs <= GRANT_TOKEN_MAX_AGE_MS ? named : error('InvalidGrantTokenException')
}

/** Of a text whose signature was verified: it is as it was written here. */
function parseTokenText(text: string, now: number): Named & { readonly ageMs: number } {
  const [regionText = '', accountText = '', keyIdText = '', grantIdText = '', createdAt] = text.split(' ')
  const region = parseRegion(regionText)
  const account = parseAccountId(accountText)
  const keyId = parseKeyId(keyIdText)
  const grantId: GrantId | undefined = parseGrantId(grantIdText)
  if (!region || !account || !keyId || !grantId) throw new TypeError('a signed grant token has an unexpected form')
  return { region, account, keyId, grantId, ageMs: now - Number(createdAt) }
}

/** Whether a request brings grant tokens. */
export function bringsGrantTokens({ GrantTokens }: Fields): boolean {
  return Array.isArray(GrantTokens) && GrantTokens.length > 0
}

/**
 * Checks the tokens that a request brings: each must be ours and its grant must stand. They need not be for the keys of the
 * request, since those of ReEncrypt may be for either. A grant is in force as soon as it is made, so a good token adds nothing.
 */
export async function refuseGrantTokens(
  parts: TokenParts,
  region: Region,
  { GrantTokens }: Fields,
): Promise<ServiceError | undefined> {
  const tokens: readonly unknown[] = Array.isArray(GrantTokens) ? GrantTokens : []
  const grants = await Promise.all(tokens.map((token) => grantOfToken(parts, region, String(token))))
  const refused = grants.find(isError)
  // A token of a grant that is gone is no token any more.
  return refused?.code === 'NotFoundException' ? error('InvalidGrantTokenException') : refused
}
