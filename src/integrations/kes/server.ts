import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import type { KMSClient } from '@aws-sdk/client-kms'
import { kmsFailure } from '../kms-failure.ts'
import { identityOf, mayCall } from './access.ts'
import { answerCall, type KesAnswer, METHOD_NOT_ALLOWED, NOT_AUTHORIZED, NOT_FOUND, routeOf } from './api.ts'
import type { KesConfig } from './config.ts'
import { createKey } from './keys.ts'

export type KesOptions = {
  readonly config: KesConfig
  /** PEM. */
  readonly tls: { readonly key: Buffer; readonly cert: Buffer }
  /** The client with which an identity calls KMS. */
  readonly clientOf: (identity: string) => KMSClient
  readonly version: string
  readonly log: (line: string) => void
}

/** Bytes of a request. The largest is an encryption of 4096 bytes with its context, in base64. */
const BODY_MAX_BYTES = 65_536

/**
 * Serves the API of KES. Whoever has a certificate may connect: whose it is is told by its key, and what that one may do by
 * the configuration.
 */
export async function serveKes(options: KesOptions): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const startedAt = Date.now()
  const server = createServer({ ...options.tls, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' })
  server.on('request', (request, response) => {
    handle(options, startedAt, request).then(
      (answer) => send(response, answer),
      (cause) => {
        options.log(`${request.method} ${request.url}: ${cause instanceof Error ? cause.stack : String(cause)}`)
        send(response, { status: 500, body: { message: 'internal server error' } })
      },
    )
  })
  await listening(server, options.config)
  await makeMissingKeys(options)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.config.port
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listening(server: Server, { host, port }: KesConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

/** Keys that the configuration names. A start does not wait for KMS: what could not be made is told. */
async function makeMissingKeys({ config, clientOf, log }: KesOptions): Promise<void> {
  const client = clientOf(config.admin ?? '')
  for (const name of config.keys) {
    try {
      await createKey({ client, prefix: config.prefix }, name)
    } catch (cause) {
      const failure = kmsFailure(cause)
      if (!failure) throw cause
      if (failure.code !== 'AlreadyExistsException') log(`key ${name}: ${failure.code}: ${failure.message}`)
    }
  }
}

async function handle(options: KesOptions, startedAt: number, request: IncomingMessage): Promise<KesAnswer> {
  const { config, clientOf, version, log } = options
  const { pathname } = new URL(request.url ?? '/', 'https://kes')
  const found = routeOf(pathname)
  if (!found) return NOT_FOUND
  const { route, name } = found
  if (!route.method.includes(request.method ?? '')) return METHOD_NOT_ALLOWED
  const certificate = parseSocket(request.socket).getPeerX509Certificate()
  const identity = certificate ? identityOf(certificate) : ''
  if (route.path !== '/version' && !mayCall(config, identity, pathname)) return NOT_AUTHORIZED
  if (Number(request.headers['content-length'] ?? 0) > BODY_MAX_BYTES)
    return { status: 413, body: { message: 'request body too large' } }
  const body = await buffer(request)
  const keys = { client: clientOf(identity), prefix: config.prefix }
  const answer = await answerCall(route, { identity, keys, config, version, startedAt, name, body })
  if (answer.status >= 500) log(`${request.method} ${pathname}: ${JSON.stringify(answer.body)}`)
  return answer
}

/** An https server has no other sockets. */
function parseSocket(socket: unknown): TLSSocket {
  return socket as TLSSocket
}

function send(response: ServerResponse, { status, body }: KesAnswer): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
