import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import * as limits from '../domain/limits.ts'
import type { HttpRequest, HttpResponse } from '../request/http.ts'
import { type Body, readBody } from './body.ts'
import { METRICS_PATH } from './metrics.ts'
import { atEndOfTurn } from './turn.ts'

export type ListenerConfig = {
  readonly host: string
  readonly port: number
  /** PEM. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
}

/** What the listener hands requests to. */
export type Handlers = {
  /** `/metrics` and paths below `/_trent/`; nothing when there is no such path. */
  readonly control: (request: HttpRequest) => Promise<HttpResponse | undefined>
  readonly api: (request: HttpRequest) => Promise<HttpResponse>
  /** The id of the next request. */
  readonly requestId: () => string
}

export type Listener = {
  /** The port really bound. */
  readonly port: number
  /** Stops accepting, lets requests under way end within their time, then closes what is left. */
  close(): Promise<void>
}

/** Offered first: a hybrid exchange, so that recorded traffic stays closed to a later quantum computer. */
const KEY_EXCHANGE_GROUPS = 'X25519MLKEM768:X25519:P-256'

/**
 * Listens for HTTP/1.1, with TLS 1.3 when a certificate is given.
 *
 * @returns the listener once the port is bound; rejects with the system's error (EADDRINUSE, EACCES) when it cannot be.
 */
export async function listen(config: ListenerConfig, handlers: Handlers): Promise<Listener> {
  const later = atEndOfTurn()
  const respond = async (request: IncomingMessage, response: ServerResponse, body: Exclude<Body, 'aborted'>) => {
    const requestId = handlers.requestId()
    const answered = await answer(handlers, receivedOf(requestId, request, body))
    // Once closing, no connection is kept: the last answer on each ends it.
    send(response, requestId, server.listening ? answered : { ...answered, close: true })
  }
  const onRequest: RequestListener = (request, response) =>
    readBody(request, limits.REQUEST_BODY_MAX_BYTES, (body) => {
      // The client went away before its request was whole: nothing was asked, so nothing is answered or recorded.
      if (body === 'aborted') response.destroy()
      else later(() => respond(request, response, body))
    })
  const options = { maxHeaderSize: limits.REQUEST_HEADERS_MAX_BYTES, keepAliveTimeout: limits.KEEP_ALIVE_TIMEOUT_MS }
  const server = config.tls
    ? await createTlsServer({ ...options, ...config.tls }, onRequest)
    : createServer(options, onRequest)
  server.headersTimeout = limits.REQUEST_HEADERS_TIMEOUT_MS
  server.requestTimeout = limits.REQUEST_TIMEOUT_MS
  server.maxConnections = limits.CONNECTIONS_MAX
  await bound(server, config)
  const { port } = server.address() as AddressInfo
  return { port, close: () => closed(server) }
}

/** The module is loaded only for who has a certificate: it takes a tenth of the start. */
async function createTlsServer(
  options: NonNullable<ListenerConfig['tls']>,
  onRequest: RequestListener,
): Promise<Server> {
  const { createServer: create } = await import('node:https')
  return create({ ...options, minVersion: 'TLSv1.3', ecdhCurve: KEY_EXCHANGE_GROUPS }, onRequest)
}

const isTls = (socket: Socket): socket is TLSSocket => 'getProtocol' in socket

function bound(server: Server, { host, port }: ListenerConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), limits.SHUTDOWN_TIMEOUT_MS)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
  })
}

const isControl = (path: string) => path.startsWith('/_trent/') || path === METRICS_PATH

function answer(handlers: Handlers, received: HttpRequest): Promise<HttpResponse> {
  return isControl(received.path) ? controlled(handlers, received) : handlers.api(received)
}

async function controlled({ control, api }: Handlers, received: HttpRequest): Promise<HttpResponse> {
  return (await control(received)) ?? api(received)
}

function receivedOf(requestId: string, request: IncomingMessage, body: Exclude<Body, 'aborted'>): HttpRequest {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const { socket } = request
  return {
    requestId,
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    rawQuery: mark < 0 ? '' : url.slice(mark + 1),
    rawHeaders: request.rawHeaders,
    body: body === 'too large' ? new Uint8Array() : body,
    isTooLarge: body === 'too large',
    receivedAt: performance.now(),
    sourceIp: (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, ''),
    ...(isTls(socket)
      ? { tls: { version: socket.getProtocol() ?? 'unknown', cipherSuite: socket.getCipher().standardName } }
      : {}),
  }
}

const NO_HEADERS: readonly string[] = []

function send(
  response: ServerResponse,
  requestId: string,
  { status, contentType, body, headers = NO_HEADERS, close }: HttpResponse,
): void {
  response.writeHead(status, [
    'x-amzn-RequestId',
    requestId,
    'Content-Type',
    contentType,
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-cache, no-store, must-revalidate, private',
    ...headers,
    ...(close ? ['Connection', 'close'] : []),
  ])
  response.end(body)
}
