import { error, isError, type ServiceError } from '../domain/error.ts'
import { KEY_POLICY_MAX_BYTES, POLICY_TEXT_MAX_CHARS } from '../domain/limits.ts'
import { type JsonMember, type JsonValue, readJson } from './json.ts'
import { PROBLEMS, problem } from './problem.ts'
import { checkStatements } from './rules.ts'
import { type PolicyVersion, type RawStatement, readStatement, type Statement } from './statement.ts'
import type { PolicyKind } from './types.ts'

/** A document that may be saved. `text` is what was sent. */
export type PolicyDocument = {
  readonly kind: PolicyKind
  readonly text: string
  readonly version: PolicyVersion
  readonly id?: string
  readonly statements: readonly Statement[]
}

/** Source: `PolicyType` of the service model. Tab, line feed, carriage return, and U+0020 to U+00FF. */
const KEY_POLICY_PATTERN = '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+'
const KEY_POLICY_CHARACTERS = /^[\t\n\r\u0020-\u00ff]+$/

/**
 * Reads a policy and holds it to the rules of its kind. Whether the principals exist is for the caller to ask, with
 * `namedPrincipals`; sizes of IAM policies are counted by their owner.
 *
 * @returns key policies: `LimitExceededException` above 32,768 bytes, `ValidationException` for characters outside the model's
 *   pattern, else `MalformedPolicyDocumentException`; other kinds: `MalformedPolicyDocument`.
 * Source: KMS API reference (PutKeyPolicy), IAM JSON policy grammar, reported messages.
 */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument | ServiceError {
  const refused = kind === 'key' ? checkKeyPolicyText(text) : text.length > POLICY_TEXT_MAX_CHARS
  if (refused) return refused === true ? problem(kind, PROBLEMS.syntax) : refused
  const json = readJson(text)
  const raw = json && readDocument(json)
  if (raw === undefined) return problem(kind, kind === 'key' ? PROBLEMS.notJson : PROBLEMS.syntax)
  const version = versionOf(raw.version)
  if (raw.statements.length === 0 || version === undefined) return problem(kind, PROBLEMS.syntax)
  const statements = checkStatements(raw.statements, { kind, version })
  if (isError(statements)) return statements
  return { kind, text, version, statements, ...(raw.id === undefined ? {} : { id: raw.id }) }
}

/**
 * The key policy of a key made without one: it leaves all decisions to the account's IAM policies.
 *
 * @param rootArn - root user of the account that owns the key.
 * Source: recorded answers of GetKeyPolicy.
 */
export function defaultKeyPolicy(rootArn: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: rootArn },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  })
}

function checkKeyPolicyText(text: string): ServiceError | undefined {
  if (!KEY_POLICY_CHARACTERS.test(text))
    return error(
      'ValidationException',
      `1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: ${KEY_POLICY_PATTERN}`,
    )
  if (Buffer.byteLength(text) <= KEY_POLICY_MAX_BYTES) return undefined
  return error('LimitExceededException', `The key policy exceeds the maximum size of ${KEY_POLICY_MAX_BYTES} bytes.`)
}

type RawDocument = { readonly version?: string; readonly id?: string; readonly statements: readonly RawStatement[] }

const ELEMENTS: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])

function readDocument(json: JsonValue): RawDocument | undefined {
  if (json.type !== 'object' || json.members.some((member) => !ELEMENTS.has(member.name))) return undefined
  const members = new Map(json.members.map((member) => [member.name, member]))
  const version = members.get('Version')
  const id = members.get('Id')
  const statements = readStatements(members.get('Statement'))
  if (!isText(version) || !isText(id) || statements === undefined) return undefined
  return {
    statements,
    ...(version?.value.type === 'string' ? { version: version.value.text } : {}),
    ...(id?.value.type === 'string' ? { id: id.value.text } : {}),
  }
}

function isText(member: JsonMember | undefined): boolean {
  return member === undefined || member.value.type === 'string'
}

/** A single statement may stand without its list. */
function readStatements(member: JsonMember | undefined): readonly RawStatement[] | undefined {
  if (member === undefined) return []
  const statements: RawStatement[] = []
  for (const item of member.value.type === 'array' ? member.value.items : [member.value]) {
    const statement = readStatement(item)
    if (statement === undefined) return undefined
    statements.push(statement)
  }
  return statements
}

function versionOf(text: string | undefined): PolicyVersion | undefined {
  if (text === undefined) return '2008-10-17'
  return text === '2012-10-17' || text === '2008-10-17' ? text : undefined
}
