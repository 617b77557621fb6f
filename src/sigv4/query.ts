import { percentDecode, percentEncode } from './percent.ts'
import type { SignatureForm } from './request.ts'

/** Name and value, decoded. */
type Parameter = readonly [name: string, value: string]

const SIGNATURE = 'X-Amz-Signature'

/** The parameters of a raw query in sent order. A name without `=` has the value ''; empty pieces count, since they were sent. */
export function queryParameters(rawQuery: string): readonly Parameter[] {
  return rawQuery === '' ? [] : rawQuery.split('&').map(parameter)
}

function parameter(piece: string): Parameter {
  const equals = piece.indexOf('=')
  if (equals < 0) return [percentDecode(piece), '']
  return [percentDecode(piece.slice(0, equals)), percentDecode(piece.slice(equals + 1))]
}

/**
 * The query line of the canonical request: each name and value decoded and encoded anew, sorted by name, then value.
 * In the query form the signature itself is left out; in the header form nothing is, so that nothing goes unsigned.
 */
export function canonicalQuery(rawQuery: string, form: SignatureForm): string {
  if (rawQuery === '') return ''
  const encoded: Parameter[] = []
  for (const [name, value] of queryParameters(rawQuery))
    if (form === 'header' || name !== SIGNATURE) encoded.push([percentEncode(name), percentEncode(value)])
  encoded.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  return encoded.map(([name, value]) => `${name}=${value}`).join('&')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
