import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** One HTTP request as a test wants it sent, byte for byte. */
export type Outgoing = {
  readonly method?: string
  readonly path?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Uint8Array
}

export type Incoming = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Connections to one server, kept between requests until closed. */
export type Exchange = {
  send(outgoing: Outgoing): Promise<Incoming>
  close(): void
}

/** @param connections - at once; more requests wait their turn. */
export function openExchange(url: string, connections = 64): Exchange {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return { send: (outgoing) => exchange(url, agent, outgoing), close: () => agent.destroy() }
}

function exchange(url: string, agent: Agent, outgoing: Outgoing): Promise<Incoming> {
  const { method = 'POST', path = '/', headers = {}, body = '' } = outgoing
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      { agent, method, headers: { 'content-length': String(Buffer.byteLength(body)), ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
