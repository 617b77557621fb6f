import type { ServiceError } from '../domain/error.ts'
import type { Fields } from '../protocol/shape.ts'
import type { Verdict } from './authorize.ts'
import type { VerifiedCaller } from './caller.ts'
import type { HttpRequest } from './http.ts'
import type { Operation, Outcome, Protocol, Service } from './operation.ts'
import type { Targets } from './targets.ts'

/** What became known of a call on its way, as far as it came: what its event and its answer are made of. */
export type Attempt = {
  readonly request: HttpRequest
  readonly protocol: Protocol
  readonly service?: Service
  /** As the wire named it, when no operation was found. */
  readonly operationName: string
  readonly operation?: Operation
  readonly caller?: VerifiedCaller
  readonly input?: Fields
  readonly targets?: Targets
  /** What was decided about the targets, as far as it came. */
  readonly verdicts?: readonly Verdict[]
  readonly result: Result
}

export type Result = Outcome<Fields> | ServiceError
