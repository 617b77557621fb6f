import type { IncomingMessage } from 'node:http'

export type Body = Uint8Array | 'too large' | 'aborted'

const EMPTY = new Uint8Array()

/** Reads a request's body once. What exceeds `maxBytes` is read to its end but not kept, so that the client hears the answer. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
    })
    request.on('end', () => resolve(bytes > maxBytes ? 'too large' : joined(chunks)))
    request.on('error', () => resolve('aborted'))
    request.on('aborted', () => resolve('aborted'))
  })
}

/** Most requests arrive in one chunk, which needs no copy. */
function joined(chunks: readonly Buffer[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] ?? EMPTY) : chunks.length === 0 ? EMPTY : Buffer.concat(chunks)
}
