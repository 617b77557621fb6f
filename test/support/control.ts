import { type Credentials, sign, type TestTrent } from './trent.ts'

/** An answer of Trent's own operations, under the names of the wire. */
export type ControlAnswer = {
  readonly status: number
  readonly requestId: string
  readonly code?: string
  readonly message?: string
  readonly output: ControlOutput
}

type Way = { readonly If: readonly string[]; readonly By: readonly string[] }
type Ability = { readonly Actions: readonly string[]; readonly Ways: readonly Way[]; readonly Except: readonly Way[] }
type Ground = {
  readonly Source?: string
  readonly Policy?: string
  readonly Statement?: number
  readonly Sid?: string
  readonly GrantId?: string
  readonly RootUser?: boolean
}
type Replayed = { readonly RequestId: string; readonly Principal: string; readonly Action: string }

/** Members of answers; which of them there are is what tests look at. */
export type ControlOutput = {
  readonly Call: {
    readonly RequestId: string
    readonly Operation: string
    readonly Principal: string
    readonly ErrorCode?: string
    readonly Checks: ReadonlyArray<{
      readonly Action: string
      readonly Resource: string
      readonly Allowed: boolean
      readonly By: readonly Ground[]
      readonly DeniedBy?: Ground
      readonly Missing?: string
      readonly Asked: ReadonlyArray<{ readonly Name: string; readonly Values: readonly string[] }>
    }>
    readonly Words: readonly string[]
  }
  readonly Principals: ReadonlyArray<{ readonly Principal: string; readonly Abilities: readonly Ability[] }>
  readonly Replayed: number
  readonly Flips: ReadonlyArray<
    Replayed & { readonly Was: string; readonly Becomes: string; readonly Why: string; readonly IsOfDraft: boolean }
  >
  readonly Undecided: ReadonlyArray<Replayed & { readonly Needs: readonly string[] }>
  readonly LocksOutCaller: boolean
  readonly NextToken?: string
}

/** Calls one of Trent's own operations, signed by these credentials. */
export async function controlCall(
  trent: TestTrent,
  credentials: Credentials,
  operation: string,
  input: object,
): Promise<ControlAnswer> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentControl.${operation}` }
  const outgoing = { headers, body: JSON.stringify(input) }
  const {
    status,
    headers: given,
    text,
  } = await trent.send(sign(trent.url, outgoing, credentials, { service: 'trent' }))
  const body = JSON.parse(text)
  const failed = { code: body.__type, message: body.message ?? body.Message }
  return { status, requestId: String(given['x-amzn-requestid']), output: body, ...(status === 200 ? {} : failed) }
}
