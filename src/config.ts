import { resolve } from 'node:path'
import { type AccountId, parseAccountId, parseRegion, type Region } from './domain/arn.ts'
import { METRICS_AUDIENCES, type MetricsAudience } from './http/metrics.ts'
import { AUTH_MODES, type AuthMode, parseAuthMode } from './request/auth-mode.ts'

/** `dev`: the emulator, any credentials. `serve`: the service, every signature verified. */
export type Mode = 'dev' | 'serve'

/** Everything a running Trent is told, decided once at start. */
export type Config = {
  readonly mode: Mode
  readonly host: string
  readonly port: number
  /** Absent: state lives in memory and is gone at the end; `dev` only. */
  readonly dataDirectory?: string
  /** `dev`: the account of callers that name none. `serve`: the account that the first start creates, random when absent. */
  readonly account?: AccountId
  /** `serve`: the Regions served. `dev` serves every Region. */
  readonly regions: readonly Region[]
  /** PEM files. */
  readonly tls?: { readonly certPath: string; readonly keyPath: string }
  /** A non-loopback address without TLS is refused unless told otherwise. */
  readonly allowsPlainHttp: boolean
  readonly seedPath?: string
  /** Where log files and digests are delivered, and the bucket that digests say they are in. */
  readonly logFiles?: {
    /** Or the URL of the server that has the bucket. */
    readonly directory: string
    readonly bucket: string
    readonly credentialsPath?: string
    /** Of the bucket, where that is not the first Region. */
    readonly region?: string
  }
  /** PEM files. Without one `serve` refuses attestation documents and `dev` believes any that signs for itself. */
  readonly attestationRootPaths: readonly string[]
  /** Where the keys of identity providers are, by their URL: files or URLs. */
  readonly oidcKeys: ReadonlyMap<string, string>
  /** Where checkpoints of the trail are published, and the files with what makes them believed there. */
  readonly checkpoints?: {
    readonly to: readonly string[]
    readonly secretPath?: string
    readonly credentialsPath?: string
  }
  /** An OpenTelemetry collector to tell of calls and figures. `ratio`: the part of the calls, 0 to 1, that have a span. */
  readonly otlp?: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly ratio: number
    readonly serviceName: string
  }
  /** Absent: nobody looks for what is unusual. */
  readonly alarms?: { readonly webhook?: { readonly url: string; readonly secretPath: string } }
  /** Who may read `/metrics`. */
  readonly metrics: MetricsAudience
  /** Rates that callers are held to: AWS's, none, or AWS's with the values in a file. */
  readonly quotas: 'aws' | 'off' | { readonly path: string }
  /** How callers are treated; always `enforce` in `serve`. */
  readonly auth: AuthMode
}

/** What the command line gives, as text. */
export type Options = {
  readonly host?: string
  readonly port?: string
  readonly data?: string
  readonly account?: string
  readonly region?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly insecureHttp?: boolean
  readonly seed?: string
  readonly logFiles?: string
  readonly logBucket?: string
  readonly logEndpoint?: string
  readonly logCredentials?: string
  readonly logRegion?: string
  readonly attestationRoot?: readonly string[]
  readonly auth?: string
  readonly metrics?: string
  readonly publishCheckpoints?: readonly string[]
  readonly checkpointSecret?: string
  readonly checkpointCredentials?: string
  readonly otlp?: string
  readonly otlpHeaders?: string
  readonly otlpSample?: string
  readonly otlpServiceName?: string
  readonly alarms?: boolean
  readonly alarmWebhook?: string
  readonly alarmSecret?: string
  readonly oidcKeys?: readonly string[]
  readonly quotas?: string
}

/** Why the options do not make a configuration, as one line for a person. */
export type Misconfiguration = { readonly kind: 'misconfiguration'; readonly message: string }

export const DEFAULT_PORT = 4599
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_DATA_DIRECTORY = './data'
const DEFAULT_REGION = 'us-east-1'
const DEFAULT_AUTH = 'issued'
const DEFAULT_METRICS = 'loopback'
const DEV_ACCOUNT = '000000000000'
/** Names of S3 buckets. Source: Amazon S3 user guide, bucket naming rules. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const DEFAULT_BUCKET = 'trent-log-files'
const S3 = /^s3:\/\/([^/]*)\/?$/
const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/

const wrong = (message: string): Misconfiguration => ({ kind: 'misconfiguration', message })

export function isMisconfiguration(value: Config | Misconfiguration): value is Misconfiguration {
  return 'kind' in value
}

/** Options of the command line to a frozen configuration; defaults are those of the mode. */
export function configure(mode: Mode, options: Options): Config | Misconfiguration {
  const port = options.port === undefined ? DEFAULT_PORT : Number(options.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    return wrong(`--port takes a number from 0 to 65535, not '${options.port}'`)
  const account = accountOf(mode, options.account)
  if (account === null) return wrong(`--account takes 12 digits, not '${options.account}'`)
  const named = options.region ?? []
  const regions = (named.length === 0 ? [DEFAULT_REGION] : named).map(parseRegion)
  if (!regions.every((region) => region !== undefined))
    return wrong(`--region takes names such as ${DEFAULT_REGION}, not '${named.join(' ')}'`)
  const auth = mode === 'serve' ? 'enforce' : parseAuthMode(options.auth ?? DEFAULT_AUTH)
  if (!auth) return wrong(`--auth takes ${AUTH_MODES.join(', ')}, not '${options.auth}'`)
  const metrics = METRICS_AUDIENCES.find((audience) => audience === (options.metrics ?? DEFAULT_METRICS))
  if (!metrics) return wrong(`--metrics takes ${METRICS_AUDIENCES.join(', ')}, not '${options.metrics}'`)
  const oidcKeys = new Map((options.oidcKeys ?? []).map(parseKeySource))
  if (oidcKeys.has('')) return wrong('--oidc-keys takes ISSUER=FILE or ISSUER=URL')
  const host = options.host ?? DEFAULT_HOST
  const tls = tlsOf(options)
  if (tls === null) return wrong('--tls-cert and --tls-key go together')
  const allowsPlainHttp = options.insecureHttp ?? false
  if (!tls && !LOOPBACK.test(host) && !allowsPlainHttp)
    return wrong(
      `${host} is not a loopback address: give --tls-cert and --tls-key, or --insecure-http to go without TLS`,
    )
  const dataDirectory = options.data ?? (mode === 'serve' ? DEFAULT_DATA_DIRECTORY : undefined)
  const logFiles = logFilesOf(options)
  if (typeof logFiles === 'string') return wrong(logFiles)
  if (logFiles && dataDirectory === undefined)
    return wrong('--log-files needs --data: what is not kept is not delivered')
  const checkpoints = checkpointsOf(options)
  if (checkpoints && dataDirectory === undefined)
    return wrong('--publish-checkpoints needs --data: what is not kept is not vouched for')
  const otlp = otlpOf(options)
  if (typeof otlp === 'string') return wrong(otlp)
  const alarms = alarmsOf(options)
  if (typeof alarms === 'string') return wrong(alarms)
  return Object.freeze({
    mode,
    host,
    port,
    regions,
    allowsPlainHttp,
    attestationRootPaths: options.attestationRoot ?? [],
    auth,
    oidcKeys,
    quotas: quotasOf(options),
    metrics,
    ...(account === undefined ? {} : { account }),
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    ...(tls === undefined ? {} : { tls }),
    ...(otlp === undefined ? {} : { otlp }),
    ...(alarms === undefined ? {} : { alarms }),
    ...(logFiles === undefined ? {} : { logFiles }),
    ...(checkpoints === undefined ? {} : { checkpoints }),
    ...(options.seed === undefined ? {} : { seedPath: options.seed }),
  })
}

/** An issuer's URL and where its keys are; an empty name for what names neither. */
function parseKeySource(text: string): readonly [issuer: string, source: string] {
  const at = text.indexOf('=')
  return at < 1 || at === text.length - 1 ? ['', ''] : [text.slice(0, at), text.slice(at + 1)]
}

function quotasOf({ quotas = 'off' }: Options): Config['quotas'] {
  return quotas === 'off' || quotas === 'aws' ? quotas : { path: resolve(quotas) }
}

/** `null`: not an account id. */
function accountOf(mode: Mode, given: string | undefined): AccountId | null | undefined {
  if (given !== undefined) return parseAccountId(given) ?? null
  return mode === 'dev' ? parseAccountId(DEV_ACCOUNT) : undefined
}

/** @returns what is wrong, for a person. */
function logFilesOf(options: Options): Config['logFiles'] | string {
  const { logFiles, logBucket = DEFAULT_BUCKET, logEndpoint, logCredentials, logRegion } = options
  const named = S3.exec(logFiles ?? '')?.[1]
  const bucket = named ?? logBucket
  if (!BUCKET.test(bucket)) return `--log-bucket takes the name of a bucket, not '${bucket}'`
  if (named === undefined && logEndpoint !== undefined) return '--log-endpoint goes with --log-files s3://BUCKET'
  if (logFiles === undefined) return undefined
  // Buckets that log files were delivered to before may still wait for some of them.
  const access = {
    ...(logCredentials === undefined ? {} : { credentialsPath: logCredentials }),
    ...(logRegion === undefined ? {} : { region: logRegion }),
  }
  if (named === undefined) return { directory: resolve(logFiles), bucket, ...access }
  if (logCredentials === undefined) return `${logFiles} needs --log-credentials, a file with an access key`
  const endpoint = logEndpoint ?? `https://s3.${logRegion ?? options.region?.[0] ?? DEFAULT_REGION}.amazonaws.com`
  return URL.canParse(endpoint) && /^https?:/.test(endpoint)
    ? { directory: endpoint, bucket, ...access }
    : `--log-endpoint takes an URL such as https://s3.example.com, not '${endpoint}'`
}

function checkpointsOf({
  publishCheckpoints,
  checkpointSecret,
  checkpointCredentials,
}: Options): Config['checkpoints'] {
  if (publishCheckpoints === undefined || publishCheckpoints.length === 0) return undefined
  return {
    to: publishCheckpoints,
    ...(checkpointSecret === undefined ? {} : { secretPath: checkpointSecret }),
    ...(checkpointCredentials === undefined ? {} : { credentialsPath: checkpointCredentials }),
  }
}

/** `name=value` pairs with commas between, percent-encoded. Source: OpenTelemetry, OTEL_EXPORTER_OTLP_HEADERS. */
function parseHeaders(text: string): Readonly<Record<string, string>> | undefined {
  const pairs = text.split(',').map((pair) => /^\s*([A-Za-z0-9-]+)\s*=\s*([^\s,]*)\s*$/.exec(pair))
  if (text.trim() === '') return {}
  try {
    return Object.fromEntries(
      pairs.map((pair) => [(pair?.[1] ?? '').toLowerCase(), decodeURIComponent(pair?.[2] ?? '')]),
    )
  } catch (cause) {
    if (cause instanceof URIError) return undefined
    throw cause
  }
}

/** @returns what is wrong with it, as one line. */
function otlpOf({
  otlp,
  otlpHeaders = '',
  otlpSample = '1',
  otlpServiceName = 'trent',
}: Options): Config['otlp'] | string {
  if (otlp === undefined || otlp === '') return undefined
  const url = URL.parse(otlp)
  if (url === null || !/^https?:$/.test(url.protocol)) return `--otlp takes the URL of a collector, not '${otlp}'`
  const headers = parseHeaders(otlpHeaders)
  if (headers === undefined || '' in headers) return '--otlp-headers takes NAME=VALUE,NAME=VALUE'
  const ratio = Number(otlpSample)
  if (otlpSample === '' || !(ratio >= 0 && ratio <= 1))
    return `--otlp-sample takes a number from 0 to 1, not '${otlpSample}'`
  return { url: otlp.replace(/\/+$/, ''), headers, ratio, serviceName: otlpServiceName }
}

/** What is said is for who has the secret alone, and names callers: it goes over TLS or stays on this machine. */
function isFitForWebhook(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  if (url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname.replace(/^\[|\]$/g, '')))
}

/** @returns what is wrong with it, as one line. */
function alarmsOf({ alarms, alarmWebhook: url, alarmSecret: secretPath }: Options): Config['alarms'] | string {
  if ((url === undefined) !== (secretPath === undefined)) return '--alarm-webhook and --alarm-secret go together'
  if (url === undefined || secretPath === undefined) return alarms ? {} : undefined
  if (!isFitForWebhook(url))
    return `--alarm-webhook takes an https URL without a password, or http on this machine, not '${url}'`
  return { webhook: { url, secretPath } }
}

/** `null`: one without the other. */
function tlsOf({ tlsCert, tlsKey }: Options): Config['tls'] | null {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  return tlsCert === undefined || tlsKey === undefined ? null : { certPath: tlsCert, keyPath: tlsKey }
}
