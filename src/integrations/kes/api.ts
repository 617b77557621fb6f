import { kmsFailure } from '../kms-failure.ts'
import type { KesConfig } from './config.ts'
import {
  createKey,
  decrypt,
  deleteKey,
  describeKey,
  encrypt,
  generateKey,
  importKey,
  type Keys,
  listKeys,
} from './keys.ts'

export type KesAnswer = { readonly status: number; readonly body?: object }

/** One request whose sender may make it. */
export type KesCall = {
  readonly identity: string
  readonly keys: Keys
  readonly config: KesConfig
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** What the path ends in. */
  readonly name: string
  readonly body: Uint8Array
}

type Route = { readonly method: readonly string[]; readonly path: string; run(call: KesCall): Promise<KesAnswer> }

/** Names of keys. Source: KES, key API. */
const NAME = /^[a-zA-Z0-9_-]{1,80}$/
const WRITE = ['POST', 'PUT']
const KEY_BYTES = 32
const ALGORITHM = 'AES256-GCM_SHA256'

/** A failure in KES's form. Texts: KES's public API, which clients compare. */
const failed = (status: number, message: string): KesAnswer => ({ status, body: { message } })
const BAD_NAME = failed(400, 'key name is empty, too long or contains invalid characters')
const BAD_REQUEST = failed(400, 'bad request: the body is not as the API says')
export const NOT_AUTHORIZED = failed(403, 'not authorized: insufficient permissions')
export const NOT_FOUND = failed(404, 'not found')
export const METHOD_NOT_ALLOWED = failed(405, 'method not allowed')

const ROUTES: readonly Route[] = [
  { method: ['GET'], path: '/version', run: async ({ version }) => ok({ version }) },
  { method: ['GET'], path: '/v1/ready', run: ready },
  { method: ['GET'], path: '/v1/status', run: status },
  {
    method: ['GET'],
    path: '/v1/api',
    run: async () => ok(ROUTES.map(({ method, path }) => ({ method: method[0], path }))),
  },
  {
    method: ['GET'],
    path: '/v1/identity/self/describe',
    run: async ({ identity, config }) =>
      ok({
        identity,
        is_admin: identity === config.admin,
        policy_name: config.policies.get(identity)?.name ?? '',
        policy: config.policies.get(identity) ?? {},
      }),
  },
  {
    method: WRITE,
    path: '/v1/key/create/',
    run: named(async ({ keys, name }) => {
      await createKey(keys, name)
      return ok()
    }),
  },
  {
    method: WRITE,
    path: '/v1/key/import/',
    run: named(async ({ keys, name, body }) => {
      const bytes = bytesIn(body, 'bytes') ?? bytesIn(body, 'key')
      if (bytes?.length !== KEY_BYTES) return failed(400, 'invalid key size')
      await importKey(keys, name, bytes)
      return ok()
    }),
  },
  {
    method: ['GET'],
    path: '/v1/key/describe/',
    run: named(async ({ keys, name }) => {
      const { keyId, createdAt } = await describeKey(keys, name)
      return ok({ name, id: keyId, algorithm: ALGORITHM, created_at: createdAt.toISOString(), created_by: '' })
    }),
  },
  {
    method: ['DELETE'],
    path: '/v1/key/delete/',
    run: named(async ({ keys, name }) => {
      await deleteKey(keys, name)
      return ok()
    }),
  },
  {
    method: ['GET'],
    path: '/v1/key/list/',
    // Older clients end a prefix in a star.
    run: async ({ keys, name }) => ok({ names: await listKeys(keys, name.replace(/\*$/, '')), continue_at: '' }),
  },
  {
    method: WRITE,
    path: '/v1/key/generate/',
    run: named(async ({ keys, name, body }) => {
      const context = contextIn(body)
      if (!context) return BAD_REQUEST
      const { plaintext, ciphertext } = await generateKey(keys, name, context)
      return ok({ plaintext: base64(plaintext), ciphertext: base64(ciphertext) })
    }),
  },
  {
    method: WRITE,
    path: '/v1/key/encrypt/',
    run: named(async ({ keys, name, body }) => {
      const [plaintext, context] = [bytesIn(body, 'plaintext'), contextIn(body)]
      if (!plaintext || !context) return BAD_REQUEST
      return ok({ ciphertext: base64(await encrypt(keys, name, plaintext, context)) })
    }),
  },
  {
    method: WRITE,
    path: '/v1/key/decrypt/',
    run: named(async ({ keys, name, body }) => {
      const [ciphertext, context] = [bytesIn(body, 'ciphertext'), contextIn(body)]
      if (!ciphertext || !context) return BAD_REQUEST
      return ok({ plaintext: base64(await decrypt(keys, name, ciphertext, context)) })
    }),
  },
]

/** The route of a path, and what the path ends in. */
export function routeOf(path: string): { readonly route: Route; readonly name: string } | undefined {
  const route = ROUTES.find((each) => (each.path.endsWith('/') ? path.startsWith(each.path) : path === each.path))
  return route && { route, name: route.path.endsWith('/') ? path.slice(route.path.length) : '' }
}

/** Answers one call; what KMS refuses is told in KES's words. */
export async function answerCall(route: Route, call: KesCall): Promise<KesAnswer> {
  try {
    return await route.run(call)
  } catch (cause) {
    const failure = kmsFailure(cause)
    if (!failure) throw cause
    if (failure.kind === 'silent') return failed(502, `bad gateway: failed to access key store: ${failure.code}`)
    const known = REFUSALS.get(failure.code)
    return known ?? failed(400, `${failure.code}: ${failure.message}`)
  }
}

const REFUSALS: ReadonlyMap<string, KesAnswer> = new Map([
  ['AccessDeniedException', NOT_AUTHORIZED],
  ['AlreadyExistsException', failed(400, 'key already exists')],
  ['InvalidCiphertextException', failed(400, 'decryption failed: ciphertext is not authentic')],
  ['IncorrectKeyException', failed(400, 'decryption failed: ciphertext is not authentic')],
  ['NotFoundException', failed(404, 'key does not exist')],
])

const ok = (body?: object): KesAnswer => ({ status: 200, ...(body === undefined ? {} : { body }) })
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

function named(run: (call: KesCall) => Promise<KesAnswer>): Route['run'] {
  return async (call) => (NAME.test(call.name) ? run(call) : BAD_NAME)
}

async function status({ version, startedAt }: KesCall): Promise<KesAnswer> {
  // In nanoseconds, as Go's durations are written.
  const uptime = (Date.now() - startedAt) * 1_000_000
  return ok({ version, os: process.platform, arch: process.arch, uptime, keystore_reachable: true })
}

/** Ready is who reaches KMS. */
async function ready({ keys }: KesCall): Promise<KesAnswer> {
  await listKeys(keys, '')
  return ok()
}

function parseBody(body: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8') || '{}')
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** Bytes of a member in base64; nothing when there is none, or it is something else. */
function bytesIn(body: Uint8Array, member: string): Uint8Array | undefined {
  const value = parseBody(body)?.get(member)
  if (typeof value !== 'string') return undefined
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === value.replace(/=+$/, '') ? bytes : undefined
}

/** A context may be absent; one that cannot be read is not none. */
function contextIn(body: Uint8Array): Uint8Array | undefined {
  const members = parseBody(body)
  if (members === undefined) return undefined
  const given = members.get('context')
  return given === undefined || given === null ? new Uint8Array() : bytesIn(body, 'context')
}
