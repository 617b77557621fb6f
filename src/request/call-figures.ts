import type { ErrorCode } from '../domain/error.ts'
import { isError } from '../domain/error.ts'
import { type Histogram, LATENCY_BOUNDS_S, observe, openHistogram } from '../domain/histogram.ts'
import type { KeySpec } from '../domain/key-spec.ts'
import type { Attempt, Result } from './attempt.ts'
import type { Operation } from './operation.ts'

/** Kinds of keys that differ in price, quota and speed; `none` for calls that used no key. */
export const KEY_CLASSES = ['none', 'symmetric', 'hmac', 'rsa', 'ecc', 'ml-dsa', 'sm2'] as const
export type KeyClass = (typeof KEY_CLASSES)[number]

function classOf(spec: KeySpec): KeyClass {
  if (spec === 'SYMMETRIC_DEFAULT') return 'symmetric'
  if (spec === 'SM2') return 'sm2'
  if (spec.startsWith('HMAC')) return 'hmac'
  if (spec.startsWith('RSA')) return 'rsa'
  return spec.startsWith('ML_DSA') ? 'ml-dsa' : 'ecc'
}

/** The calls of one operation that were answered. */
export type OperationFigures = {
  /** Signing name of its service, and its name; `unknown` for what no service has. */
  readonly service: string
  readonly operation: string
  /** Per kind of key, in the order of `KEY_CLASSES`. */
  readonly successes: Float64Array
  readonly failures: ReadonlyMap<ErrorCode, Float64Array>
  /** Seconds from the end of the request to its answer. */
  readonly seconds: Histogram
}

/** What calls are counted in: bounded by the operations and errors that exist, whatever is asked. */
export type CallFigures = {
  /** Calls that are not answered yet. */
  inFlight: number
  /** Takes note of a call that is about to be answered. */
  note(attempt: Attempt, result: Result): void
  operations(): Iterable<OperationFigures>
  /** Has every call that is noted told to one observer from now on, or to none. */
  observe(observer: Observer | undefined): void
}

type Observer = (attempt: Attempt, result: Result) => void

type Counted = OperationFigures & { readonly failures: Map<ErrorCode, Float64Array> }

const perClass = () => new Float64Array(KEY_CLASSES.length)
const classNumbers = new Map<KeySpec, number>()

function classNumber(spec: KeySpec): number {
  const known = classNumbers.get(spec)
  if (known !== undefined) return known
  const number = KEY_CLASSES.indexOf(classOf(spec))
  classNumbers.set(spec, number)
  return number
}

/** That of the first key that a cryptographic call was about; 0 when there is none. */
function keyClassOf({ operation, targets }: Attempt): number {
  if (!operation?.crypto || !targets) return 0
  for (const name in targets) {
    const target = targets[name]
    if (target?.kind === 'key') return classNumber(target.key.keySpec)
  }
  return 0
}

function opened(attempt: Attempt): Counted {
  return {
    service: attempt.operation ? (attempt.service?.name ?? 'unknown') : 'unknown',
    operation: attempt.operation?.name ?? 'unknown',
    successes: perClass(),
    failures: new Map(),
    seconds: openHistogram(LATENCY_BOUNDS_S),
  }
}

/** A call costs two look-ups and three increments; a new object comes only with an operation or error not met before. */
export function openCallFigures(): CallFigures {
  const counted = new Map<Operation | undefined, Counted>()
  let observer: Observer | undefined

  function figuresOf(attempt: Attempt): Counted {
    const known = counted.get(attempt.operation)
    if (known) return known
    const made = opened(attempt)
    counted.set(attempt.operation, made)
    return made
  }

  function failuresOf({ failures }: Counted, code: ErrorCode): Float64Array {
    const known = failures.get(code)
    if (known) return known
    const made = perClass()
    failures.set(code, made)
    return made
  }

  return {
    inFlight: 0,
    note(attempt, result) {
      const figures = figuresOf(attempt)
      const counts = isError(result) ? failuresOf(figures, result.code) : figures.successes
      const at = keyClassOf(attempt)
      counts[at] = (counts[at] as number) + 1
      observe(figures.seconds, (performance.now() - attempt.request.receivedAt) / 1_000)
      observer?.(attempt, result)
    },
    observe(next) {
      observer = next
    },
    operations: () => counted.values(),
  }
}
