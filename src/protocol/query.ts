import { error, type ServiceError } from '../domain/error.ts'

/** Pairs in a form or query. More than any operation takes, less than a flood. */
const PARAMETERS_MAX = 2_000

/** AWS query: `Action=…&Version=…&Name=…`. Repeated names and too many of them are refused. */
export function readQuery(text: string): ReadonlyMap<string, string> | ServiceError {
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.has(name) || parameters.size >= PARAMETERS_MAX)
      return error('SerializationException', 'Malformed query string.')
    parameters.set(name, value)
  }
  return parameters
}
