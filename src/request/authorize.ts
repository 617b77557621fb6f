import { keyArn } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'
import { algorithmsOf } from '../domain/key-spec.ts'
import { refuseState } from '../domain/key-state.ts'
import type { Decision } from '../policy/types.ts'
import type { Fields } from '../protocol/shape.ts'
import type { VerifiedCaller } from './caller.ts'
import type { AskedKeys } from './context.ts'
import type { Granted, GrantedTargets, Operation } from './operation.ts'
import type { Authorized, Duty, OwnAction, UsableKey } from './ports.ts'
import { type ConditionValues, type KeyTarget, resourceArn, type Target, type Targets } from './targets.ts'

type Refusal = ServiceError | undefined

/** What was decided about one target, and what it rests on. */
export type Verdict = {
  readonly target: Target
  readonly decision: Decision
  readonly asked: AskedKeys | undefined
  /** What the caller is answered, when it may not. */
  readonly refusal?: ServiceError
}

/**
 * Decides whether the caller may perform the target's action on the target. Later when grants must be read for it, which
 * only those need whom no policy allows. Nothing where no policy is asked: the emulator has callers who may do anything.
 */
export type Authorize = (
  caller: VerifiedCaller,
  target: Target,
  carried: () => ConditionValues,
) => Verdict | undefined | Promise<Verdict | undefined>

export type Decided = {
  readonly operation: Operation
  readonly caller: VerifiedCaller
  readonly input: Fields
  readonly targets: Targets
}

/**
 * Every check between finding the keys and using them, in AWS's order: authorisation of each target, key state, what the
 * operation compares, key usage, algorithm. An unauthorised caller never learns a key's state.
 */
export function decideAll(authorize: Authorize, decided: Decided): Judged | Promise<Judged> {
  const verdicts: Verdict[] = []
  const refused = refuseUnauthorized(authorize, decided, verdicts)
  return refused instanceof Promise
    ? refused.then((late) => ({ verdicts, admission: late ?? admission(decided) }))
    : { verdicts, admission: refused ?? admission(decided) }
}

/** The outcome of every check, and what was decided about each target that was reached. */
export type Judged = { readonly admission: Admission; readonly verdicts: readonly Verdict[] }

type Admission = GrantedTargets<Targets> | ServiceError

function admission(decided: Decided): Admission {
  return (
    refuseStates(decided) ??
    decided.operation.compare?.(decided.input, decided.targets) ??
    refuseUsage(decided) ??
    granted(decided.targets)
  )
}

/** The first refusal in the order of the targets. */
function refuseUnauthorized(
  authorize: Authorize,
  { operation, caller, input, targets }: Decided,
  verdicts: Verdict[],
): Refusal | Promise<Refusal> {
  const note = (verdict: Verdict | undefined): Refusal => {
    if (verdict) verdicts.push(verdict)
    return verdict?.refusal
  }
  let before: Promise<Refusal> | undefined
  for (const name in targets) {
    const target = targets[name] as Target
    const carried = () => operation.conditions?.(input, name, targets) ?? {}
    const decide = () => {
      const verdict = authorize(caller, target, carried)
      return verdict instanceof Promise ? verdict.then(note) : note(verdict)
    }
    const refused = before ? before.then((earlier) => earlier ?? decide()) : decide()
    if (refused instanceof Promise) before = refused
    else if (refused) return refused
  }
  return before
}

function refuseStates({ operation, targets }: Decided): ServiceError | undefined {
  for (const name in targets) {
    const target = targets[name] as Target
    const refused = target.kind === 'key' ? refuseState(target.states ?? operation.states, target.key) : undefined
    if (refused) return refused
  }
  return undefined
}

function refuseUsage({ operation, input, targets }: Decided): ServiceError | undefined {
  const { crypto } = operation
  if (!crypto) return undefined
  for (const name in targets) {
    const target = targets[name] as Target
    const refused =
      target.kind === 'key' ? unfit(target, operation.name, crypto.usage, crypto.algorithm?.(input, name)) : undefined
    if (refused) return refused
  }
  return undefined
}

/** Texts: recorded answers. The usage is reported before the algorithm. */
function unfit(
  { key }: KeyTarget,
  name: string,
  usage: string,
  algorithm: string | undefined,
): ServiceError | undefined {
  if (key.keyUsage !== usage)
    return error('InvalidKeyUsageException', `${key.arn} key usage is ${key.keyUsage} which is not valid for ${name}.`)
  if (algorithm !== undefined && !algorithmsOf(key.keySpec, key.keyUsage).includes(algorithm))
    return error('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${key.keySpec}.`)
  return undefined
}

function granted(targets: Targets): GrantedTargets<Targets> {
  const all: Record<string, Granted<Target>> = {}
  for (const name in targets) all[name] = grantedTarget(targets[name] as Target)
  return all
}

/**
 * Proof for a duty of the service itself. There is no caller to decide about: the duty stands in the store because a call
 * that was authorised has put it there, or is to make a key that nobody but the service makes.
 */
export function authorizeDuty(
  action: OwnAction,
  { scope, keyId }: Pick<Duty, 'scope' | 'keyId'>,
): Authorized<OwnAction> {
  const resource: string = keyArn(scope, keyId)
  return { action, resource } as Authorized<OwnAction>
}

/** The one place where a passed check becomes its proof. */
function grantedTarget(target: Target): Granted<Target> {
  const proof = { action: target.action, resource: resourceArn(target) } as Authorized
  if (target.kind === 'entity') {
    const { arn, entity } = target
    return { proof, arn, ...(entity ? { entity } : {}) } as Granted<Target>
  }
  if (target.kind === 'role') return { proof, ...target } as Granted<Target>
  if (target.kind !== 'key') return { proof } as Granted<Target>
  const { key, material, requestAlias, grant } = target
  const usable = (): UsableKey | ServiceError =>
    // Its material is outside, and what is done with it there is for its store's backend.
    key.custody
      ? error('KMSInvalidStateException', `${key.arn} cannot be reached in its custom key store.`)
      : material
        ? ({ proof, key, material } as UsableKey)
        : error('KMSInternalException', undefined, 'a usable key has no material')
  return {
    proof,
    key,
    usable,
    ...(requestAlias === undefined ? {} : { requestAlias }),
    ...(grant === undefined ? {} : { grant }),
  } as Granted<Target>
}
