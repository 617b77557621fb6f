/**
 * A request as it arrived. Strings carry one character per byte (latin1), as node:http gives them, so that what is hashed
 * is exactly what was sent.
 */
export type SignedRequest = {
  readonly method: string
  /** The target up to `?`, percent-encoded as sent. */
  readonly path: string
  /** The target after `?`, percent-encoded as sent; empty without one. */
  readonly rawQuery: string
  /** Name, value, name, value, … in received order, repeated names kept. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
}

/** Where the signature stands: in the Authorization header, or in the query (presigned). */
export type SignatureForm = 'header' | 'query'

export const ALGORITHM = 'AWS4-HMAC-SHA256'
export const TERMINATOR = 'aws4_request'
