import { hash } from 'node:crypto'
import { KMSClient } from '@aws-sdk/client-kms'
import { signRequest } from '../../src/sigv4/sign.ts'
import { controlCall } from './control.ts'
import type { Signer } from './principals.ts'
import { type Credentials, REGION, sign, type TestTrent } from './trent.ts'

/** A service of the installation, with what it signs with. */
export type Service = Credentials & { readonly name: string; readonly principal: string }

/** Makes a service known. `operator` signs for the account of the installation. */
export async function newService(trent: TestTrent, name: string, operator: Credentials): Promise<Service> {
  const answer = await controlCall(trent, operator, 'AddService', { Name: name })
  if (answer.status !== 200) throw new Error(`${answer.code}: ${answer.message}`)
  const { Service, SecretAccessKey } = parseAdded(answer.output)
  return { name, principal: Service.Principal, accessKeyId: Service.AccessKeyId, secretAccessKey: SecretAccessKey }
}

type Added = {
  readonly Service: { readonly Principal: string; readonly AccessKeyId: string }
  readonly SecretAccessKey: string
}

function parseAdded(output: unknown): Added {
  return output as Added
}

/** A request as a service received it. */
export type Received = {
  readonly method: string
  readonly path: string
  readonly rawQuery: string
  readonly rawHeaders: readonly string[]
  readonly payloadHash: string
}

let requests = 0

/** What a user sends to a service; no two are the same. `time` in milliseconds since the epoch. */
export function userRequest(
  user: Signer,
  to: { readonly service: string; readonly region?: string; readonly time?: number },
): Received {
  const body = Buffer.from(`object ${++requests}`)
  const path = `/bucket/object-${requests}`
  const { accessKeyId, secretAccessKey: secret, sessionToken } = user
  const payloadHash = hash('sha256', body)
  const rawHeaders = ['host', 'files.example.com', 'x-amz-content-sha256', payloadHash]
  const signed = signRequest(
    { method: 'PUT', path, rawQuery: 'versioning=&a=b', rawHeaders, body },
    {
      accessKeyId,
      secret,
      region: to.region ?? REGION,
      service: to.service,
      time: to.time ?? Date.now(),
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  )
  return { ...signed, payloadHash }
}

export type Forwarded = {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly token: string
  readonly arn: string
  readonly account: string
  readonly expiration: string
}

/** The parameters of ForwardAccess for a request. */
export function forwardParameters(received: Received, over: Readonly<Record<string, string>> = {}): URLSearchParams {
  const parameters = new URLSearchParams({
    Action: 'ForwardAccess',
    Version: '2011-06-15',
    Method: received.method,
    Path: received.path,
    Query: received.rawQuery,
    PayloadHash: received.payloadHash,
  })
  const { rawHeaders } = received
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    parameters.set(`Headers.member.${i / 2 + 1}.Name`, rawHeaders[i] ?? '')
    parameters.set(`Headers.member.${i / 2 + 1}.Value`, rawHeaders[i + 1] ?? '')
  }
  for (const [name, value] of Object.entries(over)) parameters.set(name, value)
  return parameters
}

/** Forwards what a service received. */
export async function forward(
  trent: Pick<TestTrent, 'url' | 'send'>,
  service: Credentials,
  received: Received,
  over: Readonly<Record<string, string>> = {},
): Promise<Forwarded> {
  const outgoing = {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: forwardParameters(received, over).toString(),
  }
  const { status, text } = await trent.send(sign(trent.url, outgoing, service, { service: 'sts' }))
  const member = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''
  const failed = { code: member('Code'), message: member('Message') }
  return {
    status,
    token: member('SessionToken'),
    arn: member('Arn'),
    account: member('Account'),
    expiration: member('Expiration'),
    ...(status === 200 ? {} : failed),
  }
}

/** A client of KMS that signs as a service: for a user when it has a token, else for itself. */
export function serviceClient(
  { url }: Pick<TestTrent, 'url'>,
  { accessKeyId, secretAccessKey }: Credentials,
  sessionToken?: string,
  region = REGION,
): KMSClient & Disposable {
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
  const client = new KMSClient({ endpoint: url, region, credentials, maxAttempts: 1 })
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() })
}

/** A client of a service that one of its users has just called. */
export async function calledBy(
  trent: TestTrent,
  service: Service,
  user: Signer,
  region = REGION,
): Promise<KMSClient & Disposable> {
  const { status, token, code, message } = await forward(
    trent,
    service,
    userRequest(user, { service: service.name, region }),
  )
  if (status !== 200) throw new Error(`${code}: ${message}`)
  return serviceClient(trent, service, token, region)
}
