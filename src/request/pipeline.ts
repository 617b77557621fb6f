import { error, isError, type ServiceError } from '../domain/error.ts'
import { COMMIT_ATTEMPTS_MAX, REQUESTS_IN_FLIGHT_MAX } from '../domain/limits.ts'
import type { Fields } from '../protocol/shape.ts'
import { type AdmissionParts, type Admitted, admit, refused } from './admit.ts'
import { render } from './answer.ts'
import type { Attempt, Result } from './attempt.ts'
import { type Authorize, decideAll } from './authorize.ts'
import type { CallFigures } from './call-figures.ts'
import { runDuty } from './duties.ts'
import { finderFor } from './finder.ts'
import { bringsGrantTokens, refuseGrantTokens } from './grant-token.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import type { KeyStoreConnections } from './key-store-connections.ts'
import type { KeyUsages } from './key-usages.ts'
import type { Log } from './log.ts'
import type { Ports, Service } from './operation.ts'
import type { Outbox } from './outbox.ts'
import type { Change, OutboxEvent, Trail } from './ports.ts'
import type { RateLimits } from './rate-limits.ts'
import { eventOf, eventsElsewhere, otherOwners, sharedEvents } from './record.ts'
import { isLost, route } from './route.ts'
import { resourceArn, type Targets } from './targets.ts'
import { openTurns, type Turns } from './turns.ts'

/** What the one path every call takes is made of. */
export type PipelineParts = AdmissionParts &
  Ports & {
    /** Those that most callers want, and all. */
    readonly services: { readonly usual: readonly Service[]; readonly all: () => Promise<readonly Service[]> }
    readonly authorize: Authorize
    readonly trail: Trail
    readonly outbox: Outbox
    readonly log: Log
    readonly keyStores: KeyStoreConnections
    readonly keyUsages: KeyUsages
    /** Absent: nobody is held to a rate. */
    readonly rateLimits?: RateLimits
    readonly calls: CallFigures
  }

/** What is the same for each call is put together once. */
type Prepared = PipelineParts & { readonly ports: Ports; readonly turns: Turns }

function portsOf(parts: Ports): Ports {
  const { store, hsm, clock, ids, policies, iam, quotas, compliance, operator, proveForwarded, managedKeys } = parts
  const { keyStoreBackends, keyUsages, searchTrail, cloudTrail, allowsCustomKeys, serves } = parts
  return {
    store,
    hsm,
    clock,
    ids,
    policies,
    iam,
    quotas,
    compliance,
    operator,
    proveForwarded,
    managedKeys,
    keyStoreBackends,
    keyUsages,
    searchTrail,
    cloudTrail,
    allowsCustomKeys,
    serves,
  }
}

/**
 * The path of a request: authenticate, find the operation, validate, resolve, authorise, check, run, record, answer.
 *
 * Every answer, refusals and malformed requests included, has a durable event with its request id before it is given.
 */
export function pipeline(parts: PipelineParts): (request: HttpRequest) => Promise<HttpResponse> {
  const prepared = { ...parts, ports: portsOf(parts), turns: openTurns() }
  return (request) => serve(prepared, request)
}

/** A thrown error is a mistake in this program, never an answer: the log has it, the caller learns nothing of it. */
async function serve(parts: Prepared, request: HttpRequest): Promise<HttpResponse> {
  const { calls, services, log } = parts
  calls.inFlight += 1
  const isOverloaded = calls.inFlight > REQUESTS_IN_FLIGHT_MAX
  let found = route(services.usual, request)
  try {
    if (isLost(found)) found = route(await services.all(), request)
    return isOverloaded
      ? await recorded(parts, refused(request, found, error('ThrottlingException', 'Rate exceeded.')))
      : await answer(parts, await admit(parts, request, found))
  } catch (cause) {
    log.error('a call failed unexpectedly', { requestId: request.requestId, cause })
    return await recorded(parts, refused(request, found, error('KMSInternalException')))
  } finally {
    calls.inFlight -= 1
  }
}

async function recorded(parts: PipelineParts, attempt: Attempt): Promise<HttpResponse> {
  return answered(parts, attempt, await record(parts, attempt))
}

function answered({ calls }: PipelineParts, attempt: Attempt, result: Result): HttpResponse | Promise<HttpResponse> {
  calls.note(attempt, result)
  return render(attempt, result)
}

async function answer(parts: Prepared, admitted: Admitted | Attempt): Promise<HttpResponse> {
  if ('result' in admitted) return recorded(parts, admitted)
  const decided = await decide(parts, admitted, false)
  const settled = await settle(parts, decided)
  if (settled !== 'conflict') return answered(parts, decided, settled)
  // Those that met a concurrent change take turns: all at once they would only meet each other again.
  return parts.turns.take(resourceOf(decided), () => performAgain(parts, admitted))
}

async function performAgain(parts: Prepared, admitted: Admitted): Promise<HttpResponse> {
  for (let attempt = 2; attempt <= COMMIT_ATTEMPTS_MAX; attempt += 1) {
    const decided = await decide(parts, admitted, true)
    const settled = await settle(parts, decided)
    if (settled !== 'conflict') return answered(parts, decided, settled)
  }
  const result = error('ThrottlingException', 'The resource is being changed by other requests.')
  return recorded(parts, { ...admitted.known, result })
}

/** What a call changes, by name: the first of its targets, in which calls that meet each other agree. */
function resourceOf({ targets = {} }: Attempt): string {
  const [first] = Object.values(targets)
  return first ? resourceArn(first) : 'account'
}

/** Decides a call without doing anything: what it returns may still be lost to a concurrent change. */
async function decide(parts: Prepared, admitted: Admitted, isAgain: boolean): Promise<Attempt> {
  const { known, operation, caller, input } = admitted
  // Before the keys are looked up: a wrong token must not tell which of them exist.
  const badToken = bringsGrantTokens(input) ? await refuseGrantTokens(parts, caller.scope.region, input) : undefined
  if (badToken) return { ...known, result: badToken }
  const find = finderFor(parts, caller)
  const targets = await operation.targets(input, find)
  const tooFast = parts.rateLimits && !isAgain ? refuseRate(parts.rateLimits, admitted, targets) : undefined
  if (tooFast) return { ...known, result: tooFast }
  if (isError(targets)) return { ...known, result: targets }
  const decided = decideAll(parts.authorize, { operation, caller, input, targets })
  // Awaited only when it takes grants to decide: a turn of the microtask queue costs the others a microsecond.
  const { admission: granted, verdicts } = decided instanceof Promise ? await decided : decided
  if (isError(granted)) return { ...known, targets, verdicts, result: granted }
  const outcome = await operation.run(input, granted, { ...parts.ports, caller, find })
  return { ...known, targets, verdicts, result: afterDryRun(input, outcome) }
}

/** A call that names no key counts too; one that met a concurrent change has been counted. Only KMS has rates here. */
function refuseRate(
  rateLimits: RateLimits,
  { known, operation, caller, input }: Admitted,
  targets: Targets | ServiceError,
): ServiceError | undefined {
  if (known.service?.name !== 'kms') return undefined
  return rateLimits.refuse(caller.scope, operation, input, isError(targets) ? undefined : targets)
}

/** A dry run does everything but its effect, and says so with an error. Source: recorded answer. */
function afterDryRun(input: Fields, outcome: Result): Result {
  if (isError(outcome) || input.DryRun !== true) return outcome
  return error('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')
}

/**
 * Makes a decision durable: its changes with its event in one commit, or its event alone. Only then it may be answered.
 *
 * @returns `conflict` when what it was decided from has changed meanwhile, and nothing was done.
 */
function settle(parts: PipelineParts, attempt: Attempt): Promise<Result | 'conflict'> {
  const { result } = attempt
  const changes = isError(result) ? undefined : result.changes
  return changes === undefined || changes.length === 0 ? record(parts, attempt) : commit(parts, attempt, changes)
}

async function commit(
  parts: PipelineParts,
  attempt: Attempt,
  changes: readonly Change[],
): Promise<Result | 'conflict'> {
  const { result } = attempt
  // A trail that cannot be written lets nothing change; recording the refusal is also the attempt to write it again.
  if (!parts.trail.healthy) return record(parts, { ...attempt, result: error('KMSInternalException') })
  const eventId = parts.ids.uuid()
  const time = parts.clock.now()
  const owners = otherOwners(attempt)
  const own =
    owners.length === 0
      ? [{ eventId, line: eventOf(attempt, eventId, time) }]
      : sharedEvents(attempt, owners, { eventId, time, ids: parts.ids })
  const events = [...own, ...eventsElsewhere(attempt, parts.ids, time)]
  const committed = await parts.store.commit(changes, events)
  if (isError(committed)) return record(parts, { ...attempt, result: committed })
  if (committed === 'conflict') return 'conflict'
  for (const each of events) parts.outbox.deliver(each)
  for (const change of changes) {
    if (change.kind === 'update-key-store') parts.keyStores.attend(change.keyStore)
    parts.rateLimits?.note(change)
    parts.compliance.note(change)
  }
  if (!isError(result) && result.forget) await parts.hsm.forget(result.forget)
  await runAtOnce(parts, changes)
  return result
}

/**
 * Does the duties that a call made for this very moment, so that its caller meets what it asked for. The call has succeeded
 * either way: a duty that fails stays, and is tried again like any other.
 */
async function runAtOnce(parts: PipelineParts, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.kind !== 'put-duty' || change.duty.dueAt > parts.clock.now()) continue
    const failed = await runDuty(parts, change.duty)
    if (failed)
      parts.log.error('due work could not be done and will be tried again', { code: failed.code, cause: failed.cause })
  }
}

async function record(parts: PipelineParts, attempt: Attempt): Promise<Result> {
  const eventId = parts.ids.uuid()
  const time = parts.clock.now()
  const owners = otherOwners(attempt)
  const failure = await (owners.length === 0
    ? parts.trail.append(eventOf(attempt, eventId, time))
    : appendAll(parts, sharedEvents(attempt, owners, { eventId, time, ids: parts.ids })))
  if (failure) return failure
  parts.keyUsages.note(attempt, eventId, time)
  return attempt.result
}

/** All or none may be answered for: what is durable of a call that failed in the end tells of a use that was possible. */
async function appendAll({ trail }: PipelineParts, events: readonly OutboxEvent[]): Promise<ServiceError | undefined> {
  const failures = await Promise.all(events.map(({ line }) => trail.append(line)))
  return failures.find(isError)
}
