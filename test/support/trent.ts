import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configure, isMisconfiguration, type Mode, type Options } from '../../src/config.ts'
import { type Outside, type Running, type StartFailure, start } from '../../src/main.ts'
import { signRequest } from '../../src/sigv4/sign.ts'
import { type Answer, type Output, parseAnswer, succeeded } from './answer.ts'
import { type Exchange, type Incoming, type Outgoing, openExchange } from './exchange.ts'
import { checkTrail } from './trail.ts'

/** Who calls, and in which Region. In `dev` an account id is enough. */
export type Caller = { readonly account?: string; readonly region?: string }

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

export type Call = (operation: string, input?: object | string, caller?: Caller) => Promise<Answer>

/** A running Trent, and the ways in which tests talk to it. */
export type TestTrent = AsyncDisposable & {
  readonly url: string
  readonly account: string
  readonly data?: string
  readonly credentials: Credentials
  /** One call of KMS, signed in `serve`; text is sent as it is. */
  readonly kms: Call
  /** As `kms`, for calls that must succeed. */
  readonly ok: (...call: Parameters<Call>) => Promise<Output>
  readonly send: (outgoing: Outgoing) => Promise<Incoming>
  /** A path below `/_trent/`. */
  readonly control: (method: string, path: string, body?: unknown) => Promise<Incoming>
  /** Stops the service alone: connections are the service's to close. */
  stop(): Promise<void>
  /** Stops the service; a temporary data directory stays until the end of the test. */
  close(): Promise<void>
}

export const REGION = 'us-east-1'
export const KMS_HEADERS = { 'content-type': 'application/x-amz-json-1.1' } as const

let accounts = 0
/** An account that no other test of this process uses: what it creates is alone. */
export const newAccount = (): string => String(700_000_000_000 + ++accounts)

/** Starts Trent on a free port. `data: 'temporary'` makes a directory that is removed at the end. */
export async function startTrent(mode: Mode, options: Options = {}, outside: Outside = {}): Promise<TestTrent> {
  const isTemporary = options.data === 'temporary' || (mode === 'serve' && options.data === undefined)
  const data = isTemporary ? await mkdtemp(join(tmpdir(), 'trent-test-')) : options.data
  // What most tests are about is decided; what the emulator lets pass by default has tests of its own.
  const auth = mode === 'dev' ? { auth: 'enforce' } : {}
  const config = configure(mode, { port: '0', ...auth, ...options, ...(data === undefined ? {} : { data }) })
  if (isMisconfiguration(config)) throw new Error(config.message)
  const running = runningOf(await start(config, outside))
  const credentials = running.notes.credentialsPath ? readCredentials(running.notes.credentialsPath) : ANYBODY
  const exchange = openExchange(running.url)
  const close = once(async () => {
    exchange.close()
    await running.close()
    if (data !== undefined) await checkTrail(data)
  })
  return {
    ...callers(mode, exchange, running, credentials),
    url: running.url,
    account: running.notes.account,
    ...(data === undefined ? {} : { data }),
    credentials,
    stop: () => running.close(),
    close,
    async [Symbol.asyncDispose]() {
      await close()
      if (isTemporary && data !== undefined) await rm(data, { recursive: true, force: true })
    },
  }
}

const ANYBODY: Credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' }

function runningOf(started: Running | StartFailure): Running {
  if ('kind' in started) throw new Error(started.message)
  return started
}

function callers(mode: Mode, exchange: Exchange, { url }: Running, credentials: Credentials) {
  const kms: Call = async (operation, input = {}, caller = {}) => {
    const body = typeof input === 'string' ? input : JSON.stringify(input)
    const outgoing = { headers: { ...KMS_HEADERS, 'x-amz-target': `TrentService.${operation}` }, body }
    const signed =
      mode === 'serve'
        ? sign(url, outgoing, credentials, { region: caller.region ?? REGION })
        : claim(outgoing, caller.account ?? credentials.accessKeyId, caller.region ?? REGION)
    return parseAnswer(await exchange.send(signed))
  }
  return {
    kms,
    ok: async (...call: Parameters<Call>) => succeeded(await kms(...call)),
    send: exchange.send,
    control: (method: string, path: string, body?: unknown) =>
      exchange.send({ method, path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
  }
}

/** Credentials of the emulator: the form of a signature with nothing behind it. */
export function claim(outgoing: Outgoing, accessKeyId: string, region = REGION, service = 'kms'): Outgoing {
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/${region}/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
  return { ...outgoing, headers: { ...outgoing.headers, 'x-amz-date': '20260101T000000Z', authorization } }
}

/** A request with a signature that verifies. `time` in milliseconds since the epoch. */
export function sign(
  url: string,
  outgoing: Outgoing,
  credentials: Credentials & { readonly sessionToken?: string },
  scope: { readonly region?: string; readonly service?: string; readonly time?: number } = {},
): Outgoing {
  const { method = 'POST', path = '/', headers = {}, body = '' } = outgoing
  const { region = REGION, service = 'kms', time = Date.now() } = scope
  const named = { host: new URL(url).host, ...headers }
  const { sessionToken } = credentials
  const token = sessionToken === undefined ? {} : { sessionToken }
  const signed = signRequest(
    { method, path, rawQuery: '', rawHeaders: Object.entries(named).flat(), body: Buffer.from(body) },
    { ...token, accessKeyId: credentials.accessKeyId, secret: credentials.secretAccessKey, region, service, time },
  )
  const pairs = signed.rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, signed.rawHeaders[index + 1] ?? ''] as const] : [],
  )
  return { ...outgoing, headers: Object.fromEntries(pairs) }
}

function readCredentials(path: string): Credentials {
  const text = readFileSync(path, 'utf8')
  const member = (name: string) => new RegExp(`^${name} = (\\S+)$`, 'm').exec(text)?.[1] ?? ''
  return { accessKeyId: member('aws_access_key_id'), secretAccessKey: member('aws_secret_access_key') }
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= run()
    return running
  }
}
