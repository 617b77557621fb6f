import { readFileSync } from 'node:fs'
import { error, isError, type ServiceError } from './domain/error.ts'
import { QUOTAS, type QuotaValues } from './request/quotas.ts'

/** Source: QuotaValue of the service model of Service Quotas. */
const VALUE_MAX = 10_000_000_000

const wrong = (path: string, what: string) => error('ValidationException', `${path}: ${what}`)

function parseEntry(path: string, [name, value]: [string, unknown]): readonly [string, number] | ServiceError {
  const quota = QUOTAS.find((each) => each.code === name || each.name === name)
  if (!quota) return wrong(path, `there is no quota '${name}'`)
  const isValue = typeof value === 'number' && value >= 0 && value <= VALUE_MAX
  return isValue ? [quota.code, value] : wrong(path, `the value of '${name}' is no number from 0 to ${VALUE_MAX}`)
}

function parseJson(path: string): unknown {
  const text = readFileSync(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined
    throw problem
  }
}

/**
 * The values of quotas that an operator set: a JSON object of numbers by name or code.
 *
 * @returns one line for a person when it holds anything else. Throws the system's error when it cannot be read.
 */
export function quotaValues(path: string): QuotaValues | ServiceError {
  const document = parseJson(path)
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return wrong(path, 'this is no JSON object')
  const values = new Map<string, number>()
  for (const entry of Object.entries(document)) {
    const parsed = parseEntry(path, entry)
    if (isError(parsed)) return parsed
    values.set(...parsed)
  }
  return values
}
