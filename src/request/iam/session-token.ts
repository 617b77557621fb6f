import { newAccessKeyId } from '../../domain/access-key-id.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { SESSION_TOKEN_MAX_CHARS } from '../../domain/limits.ts'
import type { ForwardedSessionRecord, SealedSession } from '../../domain/session.ts'
import type { Ids, KeyProcess } from '../ports.ts'

/** Temporary credentials as their owner gets them, once. */
export type SessionCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: number
}

/** Bytes of randomness in an access key id. */
const ID_BYTES = 12
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Makes temporary credentials. Nothing of them is kept: the token carries the session, sealed by the key process. */
export async function issueSession(
  { hsm, ids }: { readonly hsm: KeyProcess; readonly ids: Ids },
  record: SealedSession,
): Promise<SessionCredentials | ServiceError> {
  const accessKeyId = newAccessKeyId('ASIA', ids.hex(ID_BYTES))
  const made = await hsm.createSession(accessKeyId, Buffer.from(JSON.stringify(record)))
  if (isError(made)) return made
  const sessionToken = Buffer.from(made.token).toString('base64')
  return sessionToken.length > SESSION_TOKEN_MAX_CHARS
    ? error('PackedPolicyTooLarge', 'The session is larger than a token can carry.')
    : { accessKeyId, secretAccessKey: made.secret, sessionToken, expiresAt: record.expiresAt }
}

/**
 * Seals what a service may do for a user. The secret that comes with it is nobody's: the service signs with its own, whose
 * access key the token is bound to.
 */
export async function issueForwardedSession(
  hsm: KeyProcess,
  accessKeyId: string,
  record: ForwardedSessionRecord,
): Promise<string | ServiceError> {
  const made = await hsm.createSession(accessKeyId, Buffer.from(JSON.stringify(record)))
  if (isError(made)) return made
  const sessionToken = Buffer.from(made.token).toString('base64')
  return sessionToken.length > SESSION_TOKEN_MAX_CHARS
    ? error('PackedPolicyTooLarge', 'The session is larger than a token can carry.')
    : sessionToken
}

/** The bytes of a token; nothing for what cannot be one. */
export function parseSessionToken(text: string): Uint8Array | undefined {
  return text.length <= SESSION_TOKEN_MAX_CHARS && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
}

/** What a token carried. Only this program writes it, and the key process has shown that it is unchanged. */
export function parseSessionRecord(bytes: Uint8Array): SealedSession {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as SealedSession
}
