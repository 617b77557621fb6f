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
type Entry = { readonly name: string; readonly shown: string; readonly shape: Shape }

/** What of each declaration shows, and under which name: worked out once. */
const entries = new WeakMap<Members, readonly Entry[]>()

function entriesOf(members: Members): readonly Entry[] {
  const known = entries.get(members)
  if (known) return known
  const made = Object.entries(members)
    .filter(([name, { type }]) => type !== 'blob' && !NEVER_LOGGED.has(name))
    .map(([name, shape]) => ({ name, shown: lowerFirst(name), shape }))
  entries.set(members, made)
  return made
}

/**
 * Request or answer as an event shows it: names with a small first letter, dates in words, no bytes and no secrets.
 *
 * @param date - how the trail writes a date inside parameters.
 * @returns `null` when there is nothing to show.
 */
export function logged(members: Members, value: Logged, date: (ms: number) => string): Logged | null {
  let shown: Record<string, unknown> | null = null
  for (const { name, shown: shownName, shape } of entriesOf(members)) {
    const member = value[name]
    if (member === undefined) continue
    shown ??= {}
    shown[shownName] = loggedValue(shape, member, date)
  }
  return shown
}

function loggedValue(shape: Shape, value: unknown, date: (ms: number) => string): unknown {
  if (shape.type === 'timestamp') return typeof value === 'number' ? date(value) : value
  if (shape.type === 'map') return value instanceof Map ? Object.fromEntries(value) : value
  if (shape.type === 'list')
    return Array.isArray(value) ? value.map((entry) => loggedValue(shape.member, entry, date)) : value
  if (shape.type === 'structure') return isStructure(value) ? logged(shape.members, value, date) : value
  return value
}

function isStructure(value: unknown): value is Logged {
  return typeof value === 'object' && value !== null
}
