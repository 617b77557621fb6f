import { GRANT_OPERATIONS } from '../../domain/grant.ts'
import { list, oneOf, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { EncryptionContextType, KeyIdType, pageOutput } from './shapes.ts'

/** Shapes of the grant operations, named as in the service model (2014-11-01). */

export const GrantIdType = text(1, 128)
export const GrantTokenType = text(1, 8192)
export const GrantNameType = text(1, 256, '^[a-zA-Z0-9:/_-]+$')
export const PrincipalIdType = text(1, 256, '^[\\w+=,.@:/-]+$')
export const GrantOperationList = list(oneOf(...GRANT_OPERATIONS))

export const GrantConstraints = structure({
  EncryptionContextSubset: optional(EncryptionContextType),
  EncryptionContextEquals: optional(EncryptionContextType),
})

export const GrantListEntry = structure({
  KeyId: optional(KeyIdType),
  GrantId: optional(GrantIdType),
  Name: optional(GrantNameType),
  CreationDate: optional(timestamp()),
  GranteePrincipal: optional(PrincipalIdType),
  RetiringPrincipal: optional(PrincipalIdType),
  IssuingAccount: optional(PrincipalIdType),
  Operations: optional(GrantOperationList),
  Constraints: optional(GrantConstraints),
})

/** The answer of both lists of grants. */
export const ListGrantsOutput = { Grants: optional(list(GrantListEntry)), ...pageOutput } as const
