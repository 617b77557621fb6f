import { setTimeout as delay } from 'node:timers/promises'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { COMMIT_ATTEMPTS_MAX, REQUESTS_IN_FLIGHT_MAX } from '../domain/limits.ts'
import { readStructure } from '../protocol/read.ts'
import type { Fields } from '../protocol/shape.ts'
import { render } from './answer.ts'
import type { Attempt, Result } from './attempt.ts'
import type { Authenticate } from './authenticate.ts'
import { type Authorize, decideAll } from './authorize.ts'
import type { VerifiedCaller } from './caller.ts'
import type { Faults } from './faults.ts'
import { finderFor } from './finder.ts'
import type { HttpRequest, HttpResponse } from './http.ts'
import type { KeyPolicies } from './key-policy.ts'
import type { Log } from './log.ts'
import type { Call, Service } from './operation.ts'
import type { Outbox } from './outbox.ts'
import type { Clock, Ids, KeyProcess, Store, Trail } from './ports.ts'
import { eventOf } from './record.ts'
import { isLost, type Lost, type Route, route } from './route.ts'

/** What the one path every call takes is made of. */
export type PipelineParts = {
  readonly services: readonly Service[]
  readonly authenticate: Authenticate
  readonly authorize: Authorize
  readonly policies: KeyPolicies
  readonly store: Store
  readonly hsm: KeyProcess
  readonly trail: Trail
  readonly outbox: Outbox
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly allowsCustomKeys: boolean
  /** Only in the emulator. */
  readonly faults?: Faults
}

/**
 * The path of a request: authenticate, find the operation, validate, resolve, authorise, check, run, record, answer.
 *
 * Every answer, refusals and malformed requests included, has a durable event with its request id before it is given.
 */
export function pipeline(parts: PipelineParts): (request: HttpRequest) => Promise<HttpResponse> {
  let inFlight = 0
  return async (request) => {
    inFlight += 1
    try {
      const isOverloaded = inFlight > REQUESTS_IN_FLIGHT_MAX
      return await serve(parts, request, isOverloaded)
    } finally {
      inFlight -= 1
    }
  }
}

async function serve(parts: PipelineParts, request: HttpRequest, isOverloaded: boolean): Promise<HttpResponse> {
  const found = route(parts.services, request)
  for (let attempt = 1; attempt <= COMMIT_ATTEMPTS_MAX; attempt += 1) {
    const decided = isOverloaded
      ? refused(request, found, error('ThrottlingException', 'Rate exceeded.'))
      : await decide(parts, request, found)
    const settled = await settle(parts, decided)
    if (settled !== 'conflict') return render(decided, settled)
  }
  const failed = refused(
    request,
    found,
    error('ThrottlingException', 'The resource is being changed by other requests.'),
  )
  const settled = await settle(parts, failed)
  return render(failed, settled === 'conflict' ? failed.result : settled)
}

function refused(request: HttpRequest, found: Route | Lost, result: ServiceError): Attempt {
  if (isLost(found))
    return {
      request,
      protocol: found.protocol,
      operationName: found.name,
      result,
      ...(found.service ? { service: found.service } : {}),
    }
  return {
    request,
    protocol: found.service.protocol,
    service: found.service,
    operationName: found.operation.name,
    operation: found.operation,
    result,
  }
}

/** Decides a call without doing anything: what it returns may still be lost to a concurrent change. */
async function decide(parts: PipelineParts, request: HttpRequest, found: Route | Lost): Promise<Attempt> {
  try {
    if (request.isTooLarge)
      return refused(request, found, error('RequestEntityTooLargeException', 'Request body is too large.'))
    return isLost(found) ? refused(request, found, found.error) : await decideFound(parts, request, found)
  } catch (cause) {
    // A thrown error is a mistake in this program, never an answer: the log has it, the caller learns nothing of it.
    parts.log.error('a call failed unexpectedly', { requestId: request.requestId, cause })
    return refused(request, found, error('KMSInternalException'))
  }
}

async function decideFound(parts: PipelineParts, request: HttpRequest, found: Route): Promise<Attempt> {
  const { operation, service } = found
  const known = refused(request, found, error('KMSInternalException'))
  const caller = await parts.authenticate(request, service.name)
  if (isError(caller)) return { ...known, result: caller }
  const fault = parts.faults?.next(operation.name)
  if (fault?.delayMs) await delay(fault.delayMs)
  if (fault?.error) return { ...known, caller, result: error(fault.error, 'Injected fault.') }
  const document = found.parameters()
  if (isError(document)) return { ...known, caller, result: document }
  const input = service.protocol === 'json' ? readStructure(operation.input, document) : {}
  if (isError(input)) return { ...known, caller, result: input }
  return runOperation(parts, { ...known, caller, input }, caller, input)
}

async function runOperation(
  parts: PipelineParts,
  known: Attempt,
  caller: VerifiedCaller,
  input: Fields,
): Promise<Attempt> {
  const { operation } = known
  if (!operation) return known
  const find = finderFor(parts.store, caller)
  const targets = await operation.targets(input, find)
  if (isError(targets)) return { ...known, result: targets }
  const granted = decideAll(parts.authorize, { operation, caller, input, targets })
  if (isError(granted)) return { ...known, targets, result: granted }
  const { store, hsm, clock, ids, policies, allowsCustomKeys } = parts
  const call: Call = { caller, find, store, hsm, clock, ids, policies, allowsCustomKeys }
  const outcome = await operation.run(input, granted, call)
  return { ...known, targets, result: afterDryRun(input, outcome) }
}

/** A dry run does everything but its effect, and says so with an error. Source: recorded answer. */
function afterDryRun(input: Fields, outcome: Result): Result {
  if (isError(outcome) || input.DryRun !== true) return outcome
  return error('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')
}

/** Makes a decision durable: its changes with its event in one commit, or its event alone. Only then it may be answered. */
async function settle(parts: PipelineParts, attempt: Attempt): Promise<Result | 'conflict'> {
  const { result } = attempt
  const changes = isError(result) ? undefined : result.changes
  if (changes === undefined || changes.length === 0) return record(parts, attempt)
  // A trail that cannot be written lets nothing change; recording the refusal is also the attempt to write it again.
  if (!parts.trail.healthy) return record(parts, { ...attempt, result: error('KMSInternalException') })
  const eventId = parts.ids.uuid()
  const event = { eventId, line: eventOf(attempt, eventId, parts.clock.now()) }
  const committed = await parts.store.commit(changes, event)
  if (isError(committed)) return record(parts, { ...attempt, result: committed })
  if (committed === 'committed') parts.outbox.deliver(event)
  return committed === 'conflict' ? 'conflict' : result
}

async function record(parts: PipelineParts, attempt: Attempt): Promise<Result> {
  const failure = await parts.trail.append(eventOf(attempt, parts.ids.uuid(), parts.clock.now()))
  return failure ?? attempt.result
}
