import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import type { AccountId, Region } from './domain/arn.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import type { HttpRequest, HttpResponse } from './request/http.ts'

/**
 * local-kms's seed file. What it brings is sent through the emulator's own front door, so every key and alias of it is
 * checked and recorded as any other.
 */
const AesKey = z.strictObject({
  Metadata: z.strictObject({ KeyId: z.string(), Description: z.string().optional(), Origin: z.string().optional() }),
  /** Hex. Only the last encrypts, and nothing decrypts what another program encrypted, so only the last is kept. */
  BackingKeys: z.array(z.string().regex(/^[0-9A-Fa-f]{64}$/)).min(1),
  NextKeyRotation: z.unknown().optional(),
})
const Seed = z.strictObject({
  Keys: z
    .strictObject({
      Symmetric: z.strictObject({ Aes: z.array(AesKey).optional() }).optional(),
    })
    .optional(),
  Aliases: z.array(z.strictObject({ AliasName: z.string(), TargetKeyId: z.string() })).optional(),
})

/** One call that seeding makes. */
export type SeedCall = { readonly operation: string; readonly input: object }

/** @returns the calls in order; one line for a person when the text is not a seed file that can be honoured. */
export function parseSeed(text: string): readonly SeedCall[] | ServiceError {
  const document = parseYaml(text)
  if (isError(document)) return document
  const seed = Seed.safeParse(document || {})
  if (!seed.success) return problem(z.prettifyError(seed.error).replaceAll('\n', ' '))
  const keys = (seed.data.Keys?.Symmetric?.Aes ?? []).map(createKey)
  const aliases = (seed.data.Aliases ?? []).map((alias) => ({ operation: 'CreateAlias', input: alias }))
  return [...keys, ...aliases]
}

const problem = (why: string) => error('ValidationException', `the seed file cannot be used: ${why}`)

function parseYaml(text: string): unknown | ServiceError {
  try {
    // All scalars stay text: material in hex can look like a number.
    return parse(text, { schema: 'failsafe', maxAliasCount: 100 })
  } catch (cause) {
    if (cause instanceof YAMLParseError) return problem(cause.message.split('\n')[0] ?? 'it is not YAML')
    throw cause
  }
}

function createKey({ Metadata, BackingKeys }: z.infer<typeof AesKey>): SeedCall {
  const material = Buffer.from(BackingKeys.at(-1) ?? '', 'hex').toString('base64')
  const Tags = [
    { TagKey: '_custom_id_', TagValue: Metadata.KeyId },
    { TagKey: '_custom_key_material_', TagValue: material },
  ]
  return { operation: 'CreateKey', input: { Description: Metadata.Description ?? '', Tags } }
}

export type SeedTarget = {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>
  readonly account: AccountId
  readonly region: Region
  readonly requestId: () => string
}

/** Makes the calls; what is there already, from an earlier start on the same data, stays as it is. */
export async function seed(calls: readonly SeedCall[], target: SeedTarget): Promise<ServiceError | undefined> {
  for (const call of calls) {
    const { status, body } = await target.handle(requestOf(call, target))
    if (status !== 200 && !String(body).includes('"AlreadyExistsException"'))
      return problem(`${call.operation} answered ${body}`)
  }
  return undefined
}

/** The emulator reads whom a signature names and verifies none. */
function requestOf({ operation, input }: SeedCall, { account, region, requestId }: SeedTarget): HttpRequest {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const credential = `${account}/${stamp.slice(0, 8)}/${region}/kms/aws4_request`
  const signature = `SignedHeaders=host, Signature=${'0'.repeat(64)}`
  return {
    requestId: requestId(),
    method: 'POST',
    path: '/',
    rawQuery: '',
    rawHeaders: [
      'host',
      'localhost',
      'x-amz-date',
      stamp,
      'x-amz-target',
      `TrentService.${operation}`,
      'user-agent',
      'trent-seed',
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${credential}, ${signature}`,
    ],
    body: Buffer.from(JSON.stringify(input)),
    isTooLarge: false,
    sourceIp: '127.0.0.1',
    receivedAt: performance.now(),
  }
}
