import { signRequest } from '../../sigv4/sign.ts'
import { type CalledService, findService } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure, systemCode } from '../failure.ts'

/** Members of an answer, by the names of the API. */
export type Answer = { readonly [name: string]: unknown }

/** Calls operations that no SDK has. A refusal, or silence, is a failure for a person to read. */
export type ControlClient = (operation: string, input: object) => Promise<Answer | Failure>

export async function controlClient(options: ClientOptions): Promise<ControlClient | Failure> {
  const service = await findService(options)
  return isFailure(service) ? service : (operation, input) => call(service, operation, input)
}

async function call(service: CalledService, operation: string, input: object): Promise<Answer | Failure> {
  const body = JSON.stringify(input)
  try {
    const response = await fetch(service.endpoint, { method: 'POST', headers: signed(service, operation, body), body })
    const answer = parseAnswer(await response.text())
    if (response.ok) return answer
    return failure(`${String(answer.__type ?? response.status)}: ${String(answer.message ?? answer.Message ?? '')}`)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    const reason = systemCode(cause.cause) ?? cause.message
    return failure(`no answer from ${service.endpoint} (${reason}); is it running? 'trent dev' starts one`)
  }
}

function signed({ endpoint, region, credentials }: CalledService, operation: string, body: string) {
  const headers = {
    host: new URL(endpoint).host,
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `TrentControl.${operation}`,
  }
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const { rawHeaders } = signRequest(
    { method: 'POST', path: '/', rawQuery: '', rawHeaders: Object.entries(headers).flat(), body: Buffer.from(body) },
    {
      accessKeyId,
      secret: secretAccessKey,
      region,
      service: 'trent',
      time: Date.now(),
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  )
  const pairs = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : []))
  // fetch sets it itself, to the same.
  return Object.fromEntries(pairs.filter(([name]) => name !== 'host'))
}

function parseAnswer(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answer) : {}
  } catch (cause) {
    if (cause instanceof SyntaxError) return {}
    throw cause
  }
}
