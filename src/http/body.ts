import type { IncomingMessage } from 'node:http'

export type Body = Uint8Array | 'too large' | 'aborted'

const EMPTY = new Uint8Array()

/**
 * Reads a request's body once and tells it, or that it will never be whole. What exceeds `maxBytes` is read to its end but not
 * kept, so that the client hears the answer.
 */
export function readBody(request: IncomingMessage, maxBytes: number, tell: (body: Body) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  let isTold = false
  const tellOnce = (body: Body) => {
    if (!isTold) tell(body)
    isTold = true
  }
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
  })
  request.on('end', () => tellOnce(bytes > maxBytes ? 'too large' : joined(chunks)))
  request.on('error', () => tellOnce('aborted'))
  request.on('aborted', () => tellOnce('aborted'))
}

/** Most requests arrive in one chunk, which needs no copy. */
function joined(chunks: readonly Buffer[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] ?? EMPTY) : chunks.length === 0 ? EMPTY : Buffer.concat(chunks)
}
