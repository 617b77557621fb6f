import { KMSClient, KMSServiceException } from '@aws-sdk/client-kms'
import { messageOf } from '../integrations/kms-failure.ts'
import type { ClientOptions } from './client-options.ts'
import { type Credentials, credentials } from './credentials.ts'
import { type Failure, failure, isFailure, misuse, systemCode } from './failure.ts'

const DEFAULT_ENDPOINT = 'http://127.0.0.1:4599'
const DEFAULT_REGION = 'us-east-1'
/** Codes of OpenSSL's verification, such as DEPTH_ZERO_SELF_SIGNED_CERT. */
const CERTIFICATE = /CERT|ISSUER|SIGNATURE/

/** The service that a command calls, and who calls it. */
export type CalledService = {
  readonly endpoint: string
  readonly region: string
  readonly credentials: Credentials
}

/**
 * A client that finds service, Region and credentials as the commands' help says.
 *
 * @param requestTimeoutMs - for those who have no patience: how long to connect, and how long to wait for an answer.
 */
export async function openClient(options: ClientOptions, requestTimeoutMs?: number): Promise<KMSClient | Failure> {
  const found = await findService(options)
  if (isFailure(found)) return found
  const timeouts = {
    connectionTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  }
  return new KMSClient({ ...found, ...(requestTimeoutMs === undefined ? {} : { requestHandler: timeouts }) })
}

/** Finds service, Region and credentials as the commands' help says. */
export async function findService(options: ClientOptions): Promise<CalledService | Failure> {
  const { AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL } = process.env
  const endpoint = options.endpointUrl ?? (AWS_ENDPOINT_URL_KMS || AWS_ENDPOINT_URL || DEFAULT_ENDPOINT)
  if (!/^https?:/.test(endpoint) || !URL.canParse(endpoint)) return misuse(`'${endpoint}' is not the URL of a service`)
  const region = await regionOf(options)
  const chain = new KMSClient({ endpoint, region })
  const found = await credentials(options.data, () => chain.config.credentials())
  return isFailure(found) ? found : { endpoint, region, credentials: found }
}

async function regionOf({ region }: ClientOptions): Promise<string> {
  const named = region ?? (process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION)
  if (named) return named
  try {
    return await new KMSClient().config.region()
  } catch (cause) {
    // The SDK's answer where no profile names one either.
    if (cause instanceof Error && cause.message === 'Region is missing') return DEFAULT_REGION
    throw cause
  }
}

/** Calls the service: its refusal, or its silence, ends `run` and is the answer. Everything else that is thrown is thrown on. */
export async function withClient(
  options: ClientOptions,
  run: (client: KMSClient) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  const client = await openClient(options)
  if (isFailure(client)) return client
  try {
    return await run(client)
  } catch (cause) {
    const refused = await refusalIn(client, cause)
    if (refused === undefined) throw cause
    return refused
  } finally {
    client.destroy()
  }
}

/** @returns one line for a person; nothing when the error is neither the service's nor one of reaching it. */
async function refusalIn(client: KMSClient, cause: unknown): Promise<Failure | undefined> {
  if (cause instanceof KMSServiceException) return failure(`${cause.name}: ${messageOf(cause)}`)
  // The SDK marks what happened while it called; errors of files have codes too.
  if (!(cause instanceof Error && '$metadata' in cause) || cause.name === 'AbortError') return undefined
  const { protocol, hostname, port } = (await client.config.endpoint?.()) ?? {}
  const service = `${protocol}//${hostname}${port ? `:${port}` : ''}`
  const reason = systemCode(cause) ?? cause.message
  if (CERTIFICATE.test(reason))
    return failure(
      `the certificate of ${service} is not trusted (${reason}); NODE_EXTRA_CA_CERTS can name its authority`,
    )
  return failure(`no answer from ${service} (${reason}); is it running? 'trent dev' starts one`)
}
