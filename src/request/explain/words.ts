import type { RecordedCall, RecordedCheck, RecordedGround } from '../../trail/recorded-call.ts'

/** What policies are called in sentences. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ['key-policy', 'the key policy'],
  ['trust-policy', 'the trust policy'],
  ['identity-policy', 'identity policy'],
  ['permissions-boundary', 'permissions boundary'],
  ['session-policy', 'session policy'],
])

/** What was not there, as a sentence that goes on after "because". */
const MISSING: ReadonlyMap<string, string> = new Map([
  ['resource-policy', 'no statement of the key policy admits the caller, and no grant does'],
  ['identity-policy', 'no identity policy of the caller allows it, and nothing else admits the caller by itself'],
  ['permissions-boundary', "the caller's permissions boundary does not allow it"],
  ['session-policy', "the session policies of the caller's session do not allow it"],
  ['grant-or-identity-policy', 'the grant does not let the caller retire it, and no identity policy does'],
  ['other-account', 'the resource is of another account, and what was missing there is for that account to know'],
])

/** Why nothing was decided, by the code of the error. */
const BEFORE: ReadonlyMap<string, string> = new Map([
  ['NotFoundException', 'what it named does not exist, so that no policy was asked'],
  ['ValidationException', 'the request was not valid, so that no policy was asked'],
  ['SerializationException', 'the request could not be read, so that no policy was asked'],
  ['ThrottlingException', 'there were too many requests, so that no policy was asked'],
  ['UnknownOperationException', 'there is no such operation'],
])

/** A ground in plain words: `statement 2 ("Allow use") of the key policy`. Statements are counted from 1. */
export function groundWords({ source, policy, statement, sid, grant, root }: RecordedGround): string {
  if (root) return 'being the root user of the account'
  if (grant !== undefined) return `grant ${grant}`
  const name = SOURCES.get(source ?? '') ?? source ?? 'a policy'
  const named = policy === undefined ? name : `${name} ${policy}`
  if (statement === undefined) return named
  return `statement ${statement + 1}${sid === undefined ? '' : ` ("${sid}")`} of ${named}`
}

const joined = (words: readonly string[]) => words.join(', and ')

/** What came of one check, and why. */
export function outcomeWords({ allowed, by, deniedBy, missing }: RecordedCheck): string {
  if (allowed) return by.length === 0 ? 'allowed by the other account' : `allowed by ${joined(by.map(groundWords))}`
  if (deniedBy) return `refused: ${groundWords(deniedBy)} denies it`
  return `refused: ${MISSING.get(missing ?? '') ?? 'nothing allows it'}`
}

function checkLines(check: RecordedCheck): readonly string[] {
  const asked = [...check.asked].map(
    ([name, values]) => `${name} was ${values.length === 0 ? 'absent' : values.join(', ')}`,
  )
  return [
    `${check.action} on ${check.resource}: ${outcomeWords(check)}.`,
    ...(asked.length === 0 ? [] : [`  Policies asked for conditions: ${asked.join('; ')}.`]),
    ...(check.isSessionLimited ? ["  The caller's session had session policies."] : []),
  ]
}

/** Who called, as events name it. */
export function callerWords({ identity }: RecordedCall): string {
  const { arn, type, accountId } = identity
  if (typeof arn === 'string') return arn
  return type === 'Unknown' ? 'an unauthenticated caller' : `${String(type)} of account ${String(accountId)}`
}

/** A recorded call and why it was answered as it was, line by line. */
export function callLines(call: RecordedCall): readonly string[] {
  const { operation, time, region, identity, errorCode, errorMessage, checks = [] } = call
  const head = `${callerWords(call)} called ${operation} in ${region} at ${time}.`
  if (identity.type === 'AWSAccount') return [head, SHARED]
  return [head, ...checks.flatMap(checkLines), ...endLines(checks, errorCode, errorMessage)]
}

/** What the log of a key's owner tells of the call of another account. */
const SHARED =
  'It was answered: this account and that of the caller allowed it together. Why is in the log of the other.'

const ANSWERED = {
  allowed: 'It was answered.',
  refused: 'It was answered all the same: the emulator only notes what would be refused.',
  unasked: 'It was answered, and no policy was asked.',
} as const

function endLines(
  checks: readonly RecordedCheck[],
  code: string | undefined,
  message: string | undefined,
): readonly string[] {
  const isRefused = checks.some(({ allowed }) => !allowed)
  if (code === undefined) return [ANSWERED[checks.length === 0 ? 'unasked' : isRefused ? 'refused' : 'allowed']]
  if (isRefused) return [`It was refused with ${code}.`]
  const said = message === undefined ? '' : `: ${message}`
  if (checks.length > 0) return [`It was allowed, and failed afterwards with ${code}${said}`]
  return [`It failed with ${code}${said}`, `Why: ${BEFORE.get(code) ?? 'it failed before any policy was asked'}.`]
}
