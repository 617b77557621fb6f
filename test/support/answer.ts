import assert from 'node:assert/strict'
import type { Incoming } from './exchange.ts'

/** Members of answers by the names of the wire. Which of them an answer has is what the tests look at. */
export type Output = {
  readonly Aliases: ReadonlyArray<{
    readonly AliasName: string
    readonly AliasArn: string
    readonly TargetKeyId: string
    readonly CreationDate: number
    readonly LastUpdatedDate: number
  }>
  readonly CiphertextBlob: string
  readonly DeletionDate: number
  readonly DestinationKeyMaterialId: string
  readonly Grants: ReadonlyArray<{ readonly GrantId: string; readonly KeyId: string }>
  readonly KeyId: string
  readonly KeyMaterialId: string
  readonly KeyMetadata: Metadata
  readonly Keys: ReadonlyArray<{ readonly KeyId: string; readonly KeyArn: string }>
  readonly Mac: string
  readonly NextMarker: string
  readonly Plaintext: string
  readonly Policy: string
  readonly PrivateKeyCiphertextBlob: string
  readonly PrivateKeyPlaintext: string
  readonly PublicKey: string
  readonly Signature: string
  readonly SourceKeyId: string
  readonly SourceKeyMaterialId: string
  readonly Tags: ReadonlyArray<{ readonly TagKey: string; readonly TagValue: string }>
  readonly Truncated: boolean
}

export type Metadata = {
  readonly Arn: string
  readonly CreationDate: number
  readonly CurrentKeyMaterialId: string
  readonly DeletionDate?: number
  readonly Description: string
  readonly Enabled: boolean
  readonly KeyId: string
  readonly KeyState: string
}

/** An answer of the API, whatever it says. */
export type Answer = {
  readonly status: number
  readonly requestId: string
  readonly text: string
  /** The error's code; absent in a success. */
  readonly code?: string
  readonly message?: string
  readonly output: Output
}

/** Reads an answer in AWS JSON; an empty body counts as no members. */
export function parseAnswer({ status, headers, text }: Incoming): Answer {
  const body = JSON.parse(text === '' ? '{}' : text)
  const requestId = String(headers['x-amzn-requestid'])
  const failed = { code: body.__type, message: body.message ?? body.Message }
  return { status, requestId, text, output: body as Output, ...(status === 200 ? {} : failed) }
}

/** Fails unless the call was refused so; `null` means that the answer carries no message. */
export function refusedWith(answer: Answer, code: string, message?: string | null | RegExp): void {
  assert.equal(answer.code, code, answer.text)
  if (message === null) assert.equal(answer.text, `{"__type":"${code}"}`)
  else if (message instanceof RegExp) assert.match(String(answer.message), message)
  else if (message !== undefined) assert.equal(answer.message, message)
}

/** Fails unless the call succeeded. */
export function succeeded(answer: Answer): Output {
  assert.equal(answer.status, 200, answer.text)
  return answer.output
}

/** Fails unless a call of an SDK's client is refused so. */
export const refused = (call: Promise<unknown>, name: string, message?: string | RegExp) =>
  assert.rejects(call, { name, ...(message === undefined ? {} : { message }) })

/** The same for calls that were begun together: each must be listened to before any may fail. */
export const allRefused = (calls: readonly Promise<unknown>[], name: string, message?: string | RegExp) =>
  Promise.all(calls.map((call) => refused(call, name, message)))
