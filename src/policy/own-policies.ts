import { evaluate, type Question } from './evaluate.ts'
import type { AttachedPolicy, CompiledStatement, Ground, Missing, PolicySource, StatementRef } from './types.ts'

/** What a principal's own policies say about a question. A limit that is not there allows. */
export type OwnFindings = {
  readonly deny?: StatementRef
  /** The allowing statements; absent when that layer does not allow. */
  readonly identity?: Ground
  readonly boundary?: readonly Ground[]
  readonly session?: readonly Ground[]
}

const NO_LIMIT: readonly Ground[] = []
const ROOT: OwnFindings = { identity: { kind: 'root-user' }, boundary: NO_LIMIT, session: NO_LIMIT }
/** Services and token holders have no policies of their own. */
const NOBODY: OwnFindings = { boundary: NO_LIMIT, session: NO_LIMIT }

/** Evaluates identity policies, permissions boundary and session policies of the principal. */
export function evaluateOwn(question: Question): OwnFindings {
  const { principal } = question
  if (principal.type === 'root') return ROOT
  if (principal.type === 'service' || principal.type === 'web-identity') return NOBODY
  const identity = evaluateLayer('identity-policy', principal.identityPolicies, question)
  const boundary = principal.boundary && evaluateLayer('permissions-boundary', [principal.boundary], question)
  const passed = principal.type === 'user' ? undefined : principal.sessionPolicies
  const session = passed && evaluateLayer('session-policy', passed, question)
  const boundaryGrounds = principal.boundary === undefined ? NO_LIMIT : grounds(boundary)
  // A federated session has what its session policies pass on, and nothing without them. Source: GetFederationToken.
  const isUnlimited = passed === undefined && principal.type !== 'federated-user'
  const sessionGrounds = isUnlimited ? NO_LIMIT : grounds(session)
  const deny = identity.deny ?? boundary?.deny ?? session?.deny
  return {
    ...(deny ? { deny } : {}),
    ...(identity.allow ? { identity: identity.allow } : {}),
    ...(boundaryGrounds ? { boundary: boundaryGrounds } : {}),
    ...(sessionGrounds ? { session: sessionGrounds } : {}),
  }
}

type Layer = { readonly deny?: StatementRef; readonly allow?: StatementRef }

function grounds(layer: Layer | undefined): readonly Ground[] | undefined {
  return layer?.allow && [layer.allow]
}

/** Several policies of one layer are one: any may deny, any may allow. */
function evaluateLayer(source: PolicySource, policies: readonly AttachedPolicy[], question: Question): Layer {
  let deny: StatementRef | undefined
  let allow: StatementRef | undefined
  for (const { name, policy } of policies) {
    const found = evaluate(policy, question)
    if (found.deny) deny ??= statementRef(source, found.deny, name)
    if (found.direct) allow ??= statementRef(source, found.direct, name)
  }
  return { ...(deny ? { deny } : {}), ...(allow ? { allow } : {}) }
}

const refs = new WeakMap<CompiledStatement, StatementRef>()

/** One object for a statement as long as it is the same policy's, so that what is made of it can be kept. */
export function statementRef(source: PolicySource, statement: CompiledStatement, policy?: string): StatementRef {
  const known = refs.get(statement)
  if (known && known.source === source && known.policy === policy) return known
  const made = newRef(source, statement, policy)
  refs.set(statement, made)
  return made
}

function newRef(source: PolicySource, { index, sid }: CompiledStatement, policy: string | undefined): StatementRef {
  return {
    kind: 'statement',
    source,
    index,
    ...(sid === undefined ? {} : { sid }),
    ...(policy === undefined ? {} : { policy }),
  }
}

/** The grounds of boundary and session policies when both let the call pass. */
export function limitsPassed({ boundary, session }: OwnFindings): readonly Ground[] | undefined {
  return boundary && session && [...boundary, ...session]
}

/** The first of the principal's own layers that does not allow. */
export function firstMissing({ identity, boundary }: OwnFindings): Missing {
  if (identity === undefined) return 'identity-policy'
  return boundary === undefined ? 'permissions-boundary' : 'session-policy'
}
