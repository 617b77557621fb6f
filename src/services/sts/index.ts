import type { Service } from '../../request/operation.ts'
import { AssumeRole } from './AssumeRole.ts'
import { AssumeRoleWithWebIdentity } from './AssumeRoleWithWebIdentity.ts'
import { ForwardAccess } from './ForwardAccess.ts'
import { GetCallerIdentity } from './GetCallerIdentity.ts'
import { GetFederationToken } from './GetFederationToken.ts'
import { GetSessionToken } from './GetSessionToken.ts'

const OPERATIONS = [
  AssumeRole,
  AssumeRoleWithWebIdentity,
  ForwardAccess,
  GetCallerIdentity,
  GetFederationToken,
  GetSessionToken,
]

/** AWS Security Token Service, API version 2011-06-15. */
export const sts: Service = {
  name: 'sts',
  eventSource: 'sts.amazonaws.com',
  protocol: 'query',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  operations: new Map(OPERATIONS.map((operation) => [operation.name, operation])),
}
