import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { signRequest } from '../src/sigv4/sign.ts'
import { type Answer, parseAnswer } from '../test/support/answer.ts'
import { openExchange } from '../test/support/exchange.ts'

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** Where a call goes, and who signs it. */
export type Endpoint = { readonly url: string; readonly credentials: Credentials; readonly region?: string }

export type SignedCall = { readonly headers: { readonly [name: string]: string }; readonly body: string }

export type KmsClient = {
  call(operation: string, input: object): Promise<Answer>
  close(): void
}

/** The access key that `serve` wrote at its first start. */
export function readCredentials(dataDirectory: string): Credentials {
  const text = readFileSync(join(dataDirectory, 'credentials'), 'utf8')
  const member = (name: string) => new RegExp(`^${name} = (\\S+)$`, 'm').exec(text)?.[1] ?? ''
  return { accessKeyId: member('aws_access_key_id'), secretAccessKey: member('aws_secret_access_key') }
}

/** A call as it goes over the wire; valid for five minutes from now. */
export function signedCall(
  { url, credentials, region = 'us-east-1' }: Endpoint,
  operation: string,
  input: object,
): SignedCall {
  const body = JSON.stringify(input)
  const rawHeaders = [
    ...['host', new URL(url).host],
    ...['content-type', 'application/x-amz-json-1.1'],
    ...['x-amz-target', `TrentService.${operation}`],
  ]
  const signed = signRequest(
    { method: 'POST', path: '/', rawQuery: '', rawHeaders, body: Buffer.from(body) },
    {
      accessKeyId: credentials.accessKeyId,
      secret: credentials.secretAccessKey,
      region,
      service: 'kms',
      time: Date.now(),
    },
  )
  const names = signed.rawHeaders.filter((_text, index) => index % 2 === 0)
  return { headers: Object.fromEntries(names.map((name, i) => [name, signed.rawHeaders[2 * i + 1] ?? ''])), body }
}

/** Calls KMS without an SDK, so that a load generator spends its time on the service. */
export function openKmsClient(endpoint: Endpoint, connections = 64): KmsClient {
  const exchange = openExchange(endpoint.url, connections)
  return {
    call: async (operation, input) => parseAnswer(await exchange.send(signedCall(endpoint, operation, input))),
    close: exchange.close,
  }
}
