import { error } from '../../domain/error.ts'
import { operation } from '../../request/operation.ts'

/**
 * Operations of the service model that Trent does not perform yet, and whether CloudTrail calls them read-only. They are
 * told apart from names that AWS does not know either, so that a client reads what is missing instead of doubting itself.
 */
const READ_ONLY = {
  DeleteImportedKeyMaterial: false,
  GetParametersForImport: true,
  ImportKeyMaterial: false,
} as const

/** One operation for each unbuilt name: authenticated and recorded as any other, then refused. */
export const UNBUILT = Object.entries(READ_ONLY).map(([name, readOnly]) =>
  operation({
    name,
    input: {},
    errors: ['UnsupportedOperationException'],
    readOnly,
    quota: 'management',
    states: 'any',
    event: { request: 'none' },
    targets: async () => ({}),
    run: async () => error('UnsupportedOperationException', `${name} is not supported by this version of Trent.`),
  }),
)
