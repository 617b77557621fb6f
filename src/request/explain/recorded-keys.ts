import type { Key } from '../../domain/key.ts'
import type { Knowledge } from '../../policy/knowledge.ts'
import { parseMembers, type RecordedCall, type RecordedCheck } from '../../trail/recorded-call.ts'
import { foreknowledge } from './known-keys.ts'
import type { RecordedPrincipal } from './recorded-principal.ts'

const CONTEXT_PREFIX = 'kms:encryptioncontext:'
const CONTEXT_KEYS = 'kms:encryptioncontextkeys'

/** Condition keys that a request's parameters tell; the member of the event's `requestParameters`. */
const PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['kms:encryptionalgorithm', 'encryptionAlgorithm'],
  ['kms:signingalgorithm', 'signingAlgorithm'],
  ['kms:messagetype', 'messageType'],
  ['kms:macalgorithm', 'macAlgorithm'],
  ['kms:datakeypairspec', 'keyPairSpec'],
])

/** Where an action's encryption context is among the parameters; `encryptionContext` for all others. */
const CONTEXT_MEMBERS: ReadonlyMap<string, string> = new Map([
  ['kms:reencryptfrom', 'sourceEncryptionContext'],
  ['kms:reencryptto', 'destinationEncryptionContext'],
])

/** The encryption context of a recorded call; nothing where the parameters were too large to be recorded. */
export function recordedContext(
  { parameters }: RecordedCall,
  { action }: RecordedCheck,
): ReadonlyMap<string, string> | undefined {
  if (parameters.omitted === true) return undefined
  const member = CONTEXT_MEMBERS.get(action.toLowerCase()) ?? 'encryptionContext'
  const pairs = Object.entries(parseMembers(parameters[member]))
  return new Map(pairs.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])))
}

/**
 * What an event still tells of its request: the condition keys that policies asked for then, and those that can be worked out.
 * Of the key and the principal it is what holds now.
 */
export function recordedKnowledge(
  call: RecordedCall,
  check: RecordedCheck,
  key: Key,
  { keys, isWhollyKnown }: RecordedPrincipal,
): Knowledge {
  const before = foreknowledge(key, { keys, isWhollyKnown }, check.action.toLowerCase())
  const told = toldKeys(call)
  const context = recordedContext(call, check)
  return (name) => {
    const known = check.asked.get(name) ?? told.get(name)
    if (known) return known
    const rest = before(name)
    if (rest !== 'unknown') return rest
    if (context && name === CONTEXT_KEYS) return [...context.keys()]
    if (context && name.startsWith(CONTEXT_PREFIX)) return valuesOf(context, name.slice(CONTEXT_PREFIX.length))
    const parameter = PARAMETERS.get(name)
    const value = parameter === undefined ? undefined : call.parameters[parameter]
    return typeof value === 'string' ? [value] : 'unknown'
  }
}

/** Names that differ in case alone are one condition key. */
function valuesOf(context: ReadonlyMap<string, string>, lowerName: string): readonly string[] {
  return [...context].flatMap(([name, value]) => (name.toLowerCase() === lowerName ? [value] : []))
}

function toldKeys(call: RecordedCall): ReadonlyMap<string, readonly string[]> {
  const time = Date.parse(call.time)
  const { attributes, sourceIdentity } = parseMembers(call.identity.sessionContext)
  const { mfaAuthenticated, creationDate } = parseMembers(attributes)
  const isSession = attributes !== undefined
  return new Map<string, readonly string[]>([
    ['aws:sourceip', [call.sourceIp]],
    ['aws:useragent', [call.userAgent]],
    ['aws:securetransport', [String(call.isTls)]],
    ['aws:currenttime', [new Date(time).toISOString()]],
    ['aws:epochtime', [String(Math.floor(time / 1000))]],
    // A federated session says nothing about MFA, and neither does a long-term key.
    [
      'aws:multifactorauthpresent',
      isSession && call.identity.type !== 'FederatedUser' ? textsOf(mfaAuthenticated) : [],
    ],
    ...(isSession ? [] : ([['aws:multifactorauthage', []]] as const)),
    ['aws:tokenissuetime', isSession ? textsOf(creationDate) : []],
    ['aws:sourceidentity', textsOf(sourceIdentity)],
  ])
}

const textsOf = (value: unknown): readonly string[] => (typeof value === 'string' ? [value] : [])
