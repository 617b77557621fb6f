import { error, type ServiceError } from '../../domain/error.ts'

const INVALID = error('InvalidNextTokenException', 'The nextToken provided is invalid.')

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined
    throw problem
  }
}

/** Where the next page begins, for the same question only; opaque to clients. */
export function tokenFor(question: string, at: number, after: string | undefined): string {
  return Buffer.from(JSON.stringify([question, at, after ?? null])).toString('base64url')
}

/** What {@link tokenFor} made; nothing without a token, `InvalidNextTokenException` for any other. */
export function parseToken(
  question: string,
  token: string | undefined,
): { readonly at: number; readonly after?: string } | undefined | ServiceError {
  if (token === undefined) return undefined
  const parts = parseJson(Buffer.from(token, 'base64url').toString('utf8'))
  const [asked, at, after]: readonly unknown[] = Array.isArray(parts) ? parts : []
  if (asked !== question || !Number.isSafeInteger(at) || typeof at !== 'number' || at < 0) return INVALID
  if (after === null) return { at }
  return typeof after === 'string' ? { at, after } : INVALID
}
