import { boolean, integer, list, oneOf, optional, structure, text, timestamp } from '../../protocol/shape.ts'

/** Shapes that several operations share, named as in the service model (2010-05-08). */

const NAME = '[\\w+=,.@-]+'
export const UserNameType = text(1, 64, NAME)
export const ExistingUserNameType = text(1, 128, NAME)
export const GroupNameType = text(1, 128, NAME)
export const RoleNameType = text(1, 64, NAME)
export const PolicyNameType = text(1, 128, NAME)
export const PathType = text(1, 512, '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)')
export const PolicyPathType = text(1, 512, '((/[A-Za-z0-9\\.,\\+@=_-]+)*)/')
export const PathPrefixType = text(1, 512, '\\u002F[\\u0021-\\u007F]*')
export const PolicyDocumentType = text(1, 131072, '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+')
export const ArnType = text(20, 2048)
export const AccessKeyIdType = text(16, 128, '[\\w]+')
export const SerialNumberType = text(9, 256, '[\\w+=/:,.@-]+')
export const AuthenticationCodeType = text(6, 6, '[\\d]+')
export const StatusType = oneOf('Active', 'Inactive', 'Expired')
export const PolicyVersionIdType = text(undefined, undefined, 'v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?')
export const PolicyDescriptionType = text(0, 1000)
export const RoleDescriptionType = text(0, 1000, '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*')
export const RoleMaxSessionDurationType = integer(3600, 43200)

const TAG_CHARACTERS = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'
export const TagKeyType = text(1, 128, `${TAG_CHARACTERS}+`)
export const Tag = structure({ Key: TagKeyType, Value: text(0, 256, `${TAG_CHARACTERS}*`) })
export const TagList = list(Tag, 0, 50)
export const TagKeyList = list(TagKeyType, 0, 50)

export const PermissionsBoundary = structure({
  PermissionsBoundaryType: optional(text()),
  PermissionsBoundaryArn: optional(ArnType),
})

export const User = structure({
  Path: text(),
  UserName: optional(text()),
  UserId: text(),
  Arn: text(),
  CreateDate: timestamp(),
  PermissionsBoundary: optional(PermissionsBoundary),
  Tags: optional(TagList),
})

export const Group = structure({
  Path: text(),
  GroupName: text(),
  GroupId: text(),
  Arn: text(),
  CreateDate: timestamp(),
})

export const Role = structure({
  Path: text(),
  RoleName: text(),
  RoleId: text(),
  Arn: text(),
  CreateDate: timestamp(),
  AssumeRolePolicyDocument: optional(text()),
  Description: optional(text()),
  MaxSessionDuration: optional(integer()),
  PermissionsBoundary: optional(PermissionsBoundary),
  Tags: optional(TagList),
})

export const AccessKeyMetadata = structure({
  UserName: optional(text()),
  AccessKeyId: text(),
  Status: StatusType,
  CreateDate: timestamp(),
})

export const Policy = structure({
  PolicyName: text(),
  PolicyId: text(),
  Arn: text(),
  Path: text(),
  DefaultVersionId: text(),
  AttachmentCount: integer(),
  PermissionsBoundaryUsageCount: integer(),
  IsAttachable: boolean(),
  Description: optional(text()),
  CreateDate: timestamp(),
  UpdateDate: timestamp(),
  Tags: optional(TagList),
})

export const PolicyVersion = structure({
  Document: optional(text()),
  VersionId: text(),
  IsDefaultVersion: boolean(),
  CreateDate: timestamp(),
})

export const AttachedPolicy = structure({ PolicyName: text(), PolicyArn: text() })

/** Members of every list request and answer. */
export const pageInput = {
  Marker: optional(text(1, 320, '[\\u0020-\\u00FF]+')),
  MaxItems: optional(integer(1, 1000)),
} as const
export const pageOutput = { IsTruncated: optional(boolean()), Marker: optional(text()) } as const
