import { lowerFirst, type Members, type Shape } from '../protocol/shape.ts'

/** Members that no event shows. Blobs never show either. Source: CloudTrail records of KMS, IAM and STS. */
const NEVER_LOGGED: ReadonlySet<string> = new Set([
  'AuthenticationCode1',
  'AuthenticationCode2',
  'GrantToken',
  'GrantTokens',
  'KeyStorePassword',
  'RawSecretAccessKey',
  'Recipient',
  'SecretAccessKey',
  'SessionToken',
  'TokenCode',
  'TrustAnchorCertificate',
  'WebIdentityToken',
  'XksProxyAuthenticationCredential',
])

type Logged = { readonly [name: string]: unknown }

/**
 * Request or answer as an event shows it: names with a small first letter, dates in words, no bytes and no secrets.
 *
 * @param date - how the trail writes a date inside parameters.
 * @returns `null` when there is nothing to show.
 */
export function logged(members: Members, value: object, date: (ms: number) => string): Logged | null {
  const shown: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const shape = Object.hasOwn(members, name) ? members[name] : undefined
    if (!shape || shape.type === 'blob' || NEVER_LOGGED.has(name)) continue
    shown[lowerFirst(name)] = loggedValue(shape, member, date)
  }
  return Object.keys(shown).length === 0 ? null : shown
}

function loggedValue(shape: Shape, value: unknown, date: (ms: number) => string): unknown {
  if (shape.type === 'timestamp') return typeof value === 'number' ? date(value) : value
  if (shape.type === 'map') return value instanceof Map ? Object.fromEntries(value) : value
  if (shape.type === 'list')
    return Array.isArray(value) ? value.map((entry) => loggedValue(shape.member, entry, date)) : value
  if (shape.type === 'structure')
    return typeof value === 'object' && value !== null ? logged(shape.members, value, date) : value
  return value
}
