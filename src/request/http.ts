/** A request as the listener hands it over: read once, within its limits. */
export type HttpRequest = {
  /** UUID, also the answer's `x-amzn-RequestId` and the event's `requestID`. */
  readonly requestId: string
  readonly method: string
  /** Path as sent, without the query. */
  readonly path: string
  /** Query as sent, without `?`. */
  readonly rawQuery: string
  /** Name, value, name, value … in the order received. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array
  /** The body exceeded its limit and was not kept. */
  readonly isTooLarge: boolean
  readonly sourceIp: string
  /** Milliseconds of the monotonic clock (`performance.now()`) at which the whole request was there. */
  readonly receivedAt: number
  readonly tls?: { readonly version: string; readonly cipherSuite: string }
}

export type HttpResponse = {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
  /** Name, value, name, value …: headers beside those that every answer has. */
  readonly headers?: readonly string[]
  /** The peer sent something that leaves the connection in doubt. */
  readonly close?: boolean
}

/** The first header of that name; names compare without regard to case. */
export function header(request: Pick<HttpRequest, 'rawHeaders'>, name: string): string | undefined {
  const { rawHeaders } = request
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i] as string
    if (candidate.length === name.length && candidate.toLowerCase() === name) return rawHeaders[i + 1]
  }
  return undefined
}
