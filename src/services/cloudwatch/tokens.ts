import { error, type ServiceError } from '../../domain/error.ts'

const invalid = () => error('InvalidNextToken', 'The next token specified is invalid.')

/** Where the next page begins and for which request; opaque to clients. */
export function tokenOf(question: unknown, at: string | number): string {
  return Buffer.from(JSON.stringify([JSON.stringify(question), at])).toString('base64url')
}

function parseParts(token: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    return Array.isArray(parts) ? parts : []
  } catch (cause) {
    if (cause instanceof SyntaxError) return []
    throw cause
  }
}

/** @returns where the page begins; `InvalidNextToken` for a token of another request or none. */
export function textAt(question: unknown, token: string | undefined): string | undefined | ServiceError {
  if (token === undefined) return undefined
  const [asked, at] = parseParts(token)
  return asked === JSON.stringify(question) && typeof at === 'string' ? at : invalid()
}

/** The same for a place that is a number. */
export function numberAt(question: unknown, token: string | undefined): number | undefined | ServiceError {
  if (token === undefined) return undefined
  const [asked, at] = parseParts(token)
  return asked === JSON.stringify(question) && typeof at === 'number' && Number.isSafeInteger(at) && at >= 0
    ? at
    : invalid()
}
