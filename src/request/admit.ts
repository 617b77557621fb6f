import { setTimeout as delay } from 'node:timers/promises'
import { parseAccountId } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { readQueryInput } from '../protocol/query-input.ts'
import { readStructure } from '../protocol/read.ts'
import type { Fields } from '../protocol/shape.ts'
import type { Attempt } from './attempt.ts'
import { type Authenticate, unsignedCaller } from './authenticate.ts'
import type { VerifiedCaller } from './caller.ts'
import type { Faults } from './faults.ts'
import type { HttpRequest } from './http.ts'
import type { Operation } from './operation.ts'
import { isLost, type Lost, type Route } from './route.ts'

/** A call that may be decided: its caller is known and its input is of the declared shape. */
export type Admitted = {
  /** With an internal error as its result, until it is decided. */
  readonly known: Attempt
  readonly operation: Operation
  readonly caller: VerifiedCaller
  readonly input: Fields
}

export type AdmissionParts = {
  readonly authenticate: Authenticate
  /** Only in the emulator. */
  readonly faults?: Faults
}

/** Everything that is done once for a request, however often it is decided: authenticate, injected faults, validate. */
export async function admit(
  parts: AdmissionParts,
  request: HttpRequest,
  found: Route | Lost,
): Promise<Admitted | Attempt> {
  if (request.isTooLarge)
    return refused(request, found, error('RequestEntityTooLargeException', 'Request body is too large.'))
  if (isLost(found)) return refused(request, found, found.error)
  const { operation, service } = found
  const known = refused(request, found, error('KMSInternalException'))
  const caller = operation.isUnsigned ? unsigned(request, found) : await parts.authenticate(request, service.name)
  if (isError(caller)) return { ...known, result: caller }
  const fault = parts.faults?.next(operation.name)
  if (fault?.delayMs) await delay(fault.delayMs)
  if (fault?.error) return { ...known, caller, result: error(fault.error, 'Injected fault.') }
  const document = found.parameters()
  if (isError(document)) return { ...known, caller, result: document }
  const input =
    document instanceof Map ? readQueryInput(operation.input, document) : readStructure(operation.input, document)
  if (isError(input)) return { ...known, caller, result: input }
  return { known: { ...known, caller, input }, operation, caller, input }
}

/** What is known of a request that was refused before anybody looked into it. */
export function refused(request: HttpRequest, found: Route | Lost, result: ServiceError): Attempt {
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
    protocol: found.protocol,
    service: found.service,
    operationName: found.operation.name,
    operation: found.operation,
    result,
  }
}

/** The account that the request is about is in the ARN of the role that it names. */
function unsigned(request: HttpRequest, found: Route): VerifiedCaller {
  const parameters = found.parameters()
  const named = parameters instanceof Map ? parameters.get('RoleArn') : undefined
  return unsignedCaller(request, parseAccountId(String(named).split(':')[4] ?? ''))
}
