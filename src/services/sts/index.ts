import type { Service } from '../../request/operation.ts'
import { GetCallerIdentity } from './GetCallerIdentity.ts'

/** AWS Security Token Service, API version 2011-06-15. */
export const sts: Service = {
  name: 'sts',
  eventSource: 'sts.amazonaws.com',
  protocol: 'query',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  operations: new Map([GetCallerIdentity].map((operation) => [operation.name, operation])),
}
