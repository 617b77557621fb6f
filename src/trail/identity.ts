import { jsonOf, writtenOnce } from './json-text.ts'

/** Who made a temporary session, and how. Source: CloudTrail userIdentity element, sessionContext. */
export type SessionContext = {
  readonly sessionIssuer?: {
    readonly type: 'Role' | 'IAMUser' | 'Root'
    readonly principalId: string
    readonly arn: string
    readonly accountId: string
    readonly userName?: string
  }
  readonly webIdFederationData?: { readonly federatedProvider?: string }
  readonly attributes: {
    /** ISO 8601 with whole seconds, UTC. */
    readonly creationDate: string
    /** A string, not a boolean, in CloudTrail. */
    readonly mfaAuthenticated: 'true' | 'false'
  }
  readonly sourceIdentity?: string
}

type Principal = {
  readonly principalId: string
  readonly arn: string
  readonly accountId: string
  readonly accessKeyId?: string
  readonly sessionContext?: SessionContext
  /** The service that made the call on the principal's behalf. */
  readonly invokedBy?: string
}

/**
 * Who called, in CloudTrail's own members. Source: CloudTrail userIdentity element.
 *
 * `Unknown` is a caller that could not be authenticated: its access key id is what it claimed and proves nothing.
 * The member without a type is the service itself, acting on its own accord.
 */
export type Identity =
  | (Principal & { readonly type: 'Root'; readonly userName?: string })
  | (Principal & { readonly type: 'IAMUser'; readonly userName: string })
  | (Principal & { readonly type: 'AssumedRole'; readonly sessionContext: SessionContext })
  | (Principal & { readonly type: 'FederatedUser'; readonly sessionContext: SessionContext })
  | {
      readonly type: 'WebIdentityUser'
      readonly principalId: string
      readonly userName: string
      readonly identityProvider: string
    }
  | {
      readonly type: 'AWSAccount'
      readonly principalId: string
      readonly accountId: string
      readonly invokedBy?: string
    }
  | { readonly type: 'AWSService'; readonly invokedBy: string }
  | { readonly type: 'Unknown'; readonly accountId?: string; readonly accessKeyId?: string }
  | { readonly accountId: string; readonly invokedBy: 'AWS Internal' }

/** The order in which CloudTrail writes the members, of nested objects too; what is not named here is not written. */
const MEMBERS = [
  'type',
  'principalId',
  'arn',
  'accountId',
  'accessKeyId',
  'userName',
  'identityProvider',
  'sessionContext',
  'sessionIssuer',
  'webIdFederationData',
  'federatedProvider',
  'attributes',
  'creationDate',
  'mfaAuthenticated',
  'sourceIdentity',
  'invokedBy',
]

/**
 * The `userIdentity` of an event as JSON. A caller's requests should share one identity object, which must not change:
 * its JSON is built once.
 */
export const identityJson = writtenOnce((identity: Identity) => jsonOf(identity, MEMBERS))
