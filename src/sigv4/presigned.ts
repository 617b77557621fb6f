import type { ServiceError } from '../domain/error.ts'
import type { AuthorizationFields } from './authorization-fields.ts'
import { queryParameters } from './query.ts'
import * as refusal from './refusal.ts'
import { ALGORITHM, type SignedRequest } from './request.ts'

const REQUIRED = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date', 'X-Amz-Expires'] as const
const NAMES: ReadonlySet<string> = new Set([...REQUIRED, 'X-Amz-Algorithm', 'X-Amz-Security-Token'])

/** Whether the query carries a signature. */
export function isPresigned({ rawQuery }: SignedRequest): boolean {
  return rawQuery !== '' && queryParameters(rawQuery).some(([name]) => name === 'X-Amz-Algorithm')
}

/** The parts of a presigned query. An unsupported algorithm counts as no signature at all, as AWS answers it. */
export function queryFields(rawQuery: string): AuthorizationFields | ServiceError {
  const parameters = new Map<string, string>()
  for (const [name, value] of queryParameters(rawQuery)) {
    if (!NAMES.has(name)) continue
    // Given twice, it would be unclear which one counts; and all of X-Amz-Signature are left out of what is signed.
    if (parameters.has(name)) return refusal.mismatch()
    parameters.set(name, value)
  }
  if (parameters.get('X-Amz-Algorithm') !== ALGORITHM) return refusal.missingToken()
  const missing = REQUIRED.filter((name) => (parameters.get(name) ?? '') === '')
  if (missing.length > 0) return refusal.queryPartsMissing(missing)
  return fieldsOf(parameters)
}

function fieldsOf(parameters: ReadonlyMap<string, string>): AuthorizationFields {
  return {
    credential: parameters.get('X-Amz-Credential') ?? '',
    signature: parameters.get('X-Amz-Signature') ?? '',
    signedHeaders: parameters.get('X-Amz-SignedHeaders') ?? '',
    timestamp: parameters.get('X-Amz-Date') ?? '',
    expires: parameters.get('X-Amz-Expires') ?? '',
    sessionToken: parameters.get('X-Amz-Security-Token'),
  }
}
