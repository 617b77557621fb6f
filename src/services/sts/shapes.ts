import { integer, list, optional, secretText, structure, text, timestamp } from '../../protocol/shape.ts'

/** Shapes that several operations share, named as in the service model (2011-06-15). */

export const ArnType = text(20, 2048)
export const RoleSessionNameType = text(2, 64, '[\\w+=,.@-]*')
export const SourceIdentityType = text(2, 64, '[\\w+=,.@-]*')
export const ExternalIdType = text(2, 1224, '[\\w+=,.@:\\/-]*')
export const SerialNumberType = text(9, 256, '[\\w+=/:,.@-]*')
export const TokenCodeType = secretText(6, 6, '[\\d]*')
export const RoleDurationSecondsType = integer(900, 43200)
export const DurationSecondsType = integer(900, 129600)
export const PolicyType = text(1, 2048, '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+')
export const PolicyDescriptorListType = list(structure({ arn: optional(ArnType) }))

const TAG_CHARACTERS = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'
const TagKeyType = text(1, 128, `${TAG_CHARACTERS}+`)
export const TagListType = list(structure({ Key: TagKeyType, Value: text(0, 256, `${TAG_CHARACTERS}*`) }), 0, 50)
export const TagKeyListType = list(TagKeyType, 0, 50)

export const Credentials = structure({
  AccessKeyId: text(16, 128),
  SecretAccessKey: secretText(1, 128),
  SessionToken: secretText(1, 16384),
  Expiration: timestamp(),
})

export const AssumedRoleUser = structure({ AssumedRoleId: text(), Arn: text() })

/** What restricts a session further than its principal is. */
export const sessionPolicyInput = {
  PolicyArns: optional(PolicyDescriptorListType),
  Policy: optional(PolicyType),
} as const
