import type { AccountId } from '../domain/arn.ts'
import type { IamGroup, IamRole, IamUser, ManagedPolicy } from '../domain/iam.ts'
import type { Key } from '../domain/key.ts'
import type { Statement } from '../policy/statement.ts'

/** Types of resources that rules look at, as AWS Config names them. */
export const RESOURCE_TYPES = [
  'AWS::KMS::Key',
  'AWS::IAM::User',
  'AWS::IAM::Group',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::::Account',
] as const
export type ResourceType = (typeof RESOURCE_TYPES)[number]

/** Statements of one policy, and how it is called. */
export type NamedDocument = {
  readonly name: string
  readonly kind: 'inline' | 'customer' | 'aws'
  readonly statements: readonly Statement[]
}

export type AccessKeyFacts = {
  readonly accessKeyId: string
  readonly isActive: boolean
  /** Milliseconds since the epoch, as of all times here. */
  readonly createdAt: number
  readonly lastUsedAt?: number
}

type Holder = { readonly documents: readonly NamedDocument[] }

/** One resource with all that rules ask of it. */
export type Subject =
  | {
      readonly type: 'AWS::KMS::Key'
      readonly key: Key
      readonly statements: readonly Statement[]
      readonly lastUsedAt?: number
      /** Since when uses are known. */
      readonly knownSince: number
      /** When the material in use was made. */
      readonly materialSince: number
      /** Users that the policy names, who have no MFA device. */
      readonly withoutMfa: readonly string[]
    }
  | (Holder & {
      readonly type: 'AWS::IAM::User'
      readonly entity: IamUser
      readonly accessKeys: readonly AccessKeyFacts[]
      /** Policies that come with groups. */
      readonly groupDocuments: readonly NamedDocument[]
    })
  | (Holder & { readonly type: 'AWS::IAM::Group'; readonly entity: IamGroup })
  | (Holder & { readonly type: 'AWS::IAM::Role'; readonly entity: IamRole })
  | {
      readonly type: 'AWS::IAM::Policy'
      readonly entity: ManagedPolicy
      readonly statements: readonly Statement[]
      readonly attachments: number
      /** It limits somebody as a permissions boundary. */
      readonly isBoundary: boolean
    }
  | {
      readonly type: 'AWS::::Account'
      readonly account: AccountId
      readonly rootAccessKeys: readonly AccessKeyFacts[]
      readonly hasRootMfa: boolean
    }

export type SubjectOf<Type extends ResourceType> = Extract<Subject, { readonly type: Type }>

/** The id that AWS Config knows a resource by, and a name for people. */
export function namesOf(subject: Subject): { readonly id: string; readonly name: string } {
  switch (subject.type) {
    case 'AWS::KMS::Key':
      return { id: subject.key.keyId, name: subject.key.arn }
    case 'AWS::::Account':
      return { id: subject.account, name: subject.account }
    default:
      return { id: subject.entity.id, name: subject.entity.arn }
  }
}
