import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'

const Identity = z.string().regex(/^[0-9a-f]{64}$/)
const Patterns = z.array(z.string().startsWith('/')).default([])
const Policy = z.looseObject({ allow: Patterns, deny: Patterns, identities: z.array(z.string()).default([]) })

/**
 * What is used of a KES server's configuration file; everything else in it, its key store first of all, is passed over. `trent`
 * is our own: which profile of the AWS credentials an identity calls KMS with.
 */
const Config = z.looseObject({
  address: z.string().default('0.0.0.0:7373'),
  admin: z.looseObject({ identity: z.string() }).optional(),
  tls: z.looseObject({ key: z.string(), cert: z.string() }),
  policy: z.record(z.string(), Policy).default({}),
  keys: z.array(z.looseObject({ name: z.string() })).default([]),
  trent: z
    .strictObject({
      prefix: z
        .string()
        .regex(/^[a-zA-Z0-9/_-]{1,64}$/)
        .default('kes'),
      profiles: z.record(z.string(), z.string()).default({}),
    })
    .default({ prefix: 'kes', profiles: {} }),
})

export type KesPolicy = { readonly name: string; readonly allow: readonly string[]; readonly deny: readonly string[] }

export type KesConfig = {
  readonly host: string
  readonly port: number
  readonly tls: { readonly key: string; readonly cert: string }
  /** Who may do anything. */
  readonly admin?: string
  /** By identity. */
  readonly policies: ReadonlyMap<string, KesPolicy>
  /** Names of keys that are to be there. */
  readonly keys: readonly string[]
  /** Aliases are `alias/PREFIX/NAME`. */
  readonly prefix: string
  /** Profiles of AWS credentials, by identity. */
  readonly profiles: ReadonlyMap<string, string>
}

/** What is wrong with a file, in one line for a person. */
export type ConfigProblem = { readonly kind: 'problem'; readonly message: string }

const problem = (message: string): ConfigProblem => ({ kind: 'problem', message })

/** @param environment - for values such as `${KES_ADMIN_IDENTITY}`. */
export function parseConfig(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): KesConfig | ConfigProblem {
  const document = parseYaml(text)
  if (document === undefined) return problem('it is not YAML')
  const parsed = Config.safeParse(document ?? {})
  if (!parsed.success) return problem(z.prettifyError(parsed.error).replaceAll('\n', ' '))
  const { address, admin, tls, policy, keys, trent } = parsed.data
  const at = address.lastIndexOf(':')
  const port = Number(address.slice(at + 1))
  if (at < 0 || !Number.isInteger(port) || port < 0 || port > 65_535) return problem(`'${address}' is no address`)
  const expanded = (value: string) => value.replace(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? '')
  const policies = new Map<string, KesPolicy>()
  for (const [name, { allow, deny, identities }] of Object.entries(policy))
    for (const identity of identities.map(expanded)) {
      if (!Identity.safeParse(identity).success) return problem(`policy ${name}: '${identity}' is no identity`)
      if (policies.has(identity)) return problem(`identity ${identity} has two policies`)
      policies.set(identity, { name, allow, deny })
    }
  const adminIdentity = admin && expanded(admin.identity)
  const hasAdmin = adminIdentity !== undefined && Identity.safeParse(adminIdentity).success
  return {
    host: address.slice(0, at) || '0.0.0.0',
    port,
    tls: { key: expanded(tls.key), cert: expanded(tls.cert) },
    ...(hasAdmin ? { admin: adminIdentity } : {}),
    policies,
    keys: keys.map(({ name }) => name),
    prefix: trent.prefix,
    profiles: new Map(Object.entries(trent.profiles)),
  }
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { schema: 'core', maxAliasCount: 100 })
  } catch (cause) {
    if (cause instanceof YAMLParseError) return undefined
    throw cause
  }
}
