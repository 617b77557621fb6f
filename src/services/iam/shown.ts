import type { IamGroup, IamRole, IamUser, ManagedPolicy, PolicyVersion } from '../../domain/iam.ts'

/** Policy documents travel percent-encoded in answers. Source: IAM API reference; RFC 3986. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function boundaryOf(boundary: string | undefined) {
  return boundary === undefined
    ? {}
    : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary } }
}

function tagsOf(tags: IamUser['tags']) {
  return tags.length === 0 ? {} : { Tags: tags }
}

/** As lists show it; alone a user has its boundary and tags too. */
export function listedUser({ path, name, id, arn, createdAt }: IamUser) {
  return { Path: path, UserName: name, UserId: id, Arn: arn, CreateDate: createdAt }
}

export function shownUser(user: IamUser) {
  return { ...listedUser(user), ...boundaryOf(user.boundary), ...tagsOf(user.tags) }
}

export function shownGroup({ path, name, id, arn, createdAt }: IamGroup) {
  return { Path: path, GroupName: name, GroupId: id, Arn: arn, CreateDate: createdAt }
}

/** @param trustPolicy - the role's trust policy as it is shown. */
export function listedRole(role: IamRole, trustPolicy: string) {
  const { path, name, id, arn, createdAt, description, maxSessionSeconds } = role
  return {
    Path: path,
    RoleName: name,
    RoleId: id,
    Arn: arn,
    CreateDate: createdAt,
    AssumeRolePolicyDocument: encodeDocument(trustPolicy),
    ...(description === undefined ? {} : { Description: description }),
    MaxSessionDuration: maxSessionSeconds,
  }
}

export function shownRole(role: IamRole, trustPolicy: string) {
  return { ...listedRole(role, trustPolicy), ...boundaryOf(role.boundary), ...tagsOf(role.tags) }
}

/** How often a managed policy is used. */
export type PolicyUse = { readonly attachments: number; readonly boundaries: number }

export function listedPolicy(policy: ManagedPolicy, { attachments, boundaries }: PolicyUse) {
  const { name, id, arn, path, defaultVersion, createdAt, updatedAt } = policy
  return {
    PolicyName: name,
    PolicyId: id,
    Arn: arn,
    Path: path,
    DefaultVersionId: `v${defaultVersion}`,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: createdAt,
    UpdateDate: updatedAt,
  }
}

export function shownPolicy(policy: ManagedPolicy, use: PolicyUse) {
  const { description, tags } = policy
  return {
    ...listedPolicy(policy, use),
    ...(description === undefined ? {} : { Description: description }),
    ...tagsOf(tags),
  }
}

export function listedVersion({ number, createdAt }: PolicyVersion, defaultVersion: number) {
  return { VersionId: `v${number}`, IsDefaultVersion: number === defaultVersion, CreateDate: createdAt }
}

export function shownVersion(version: PolicyVersion, defaultVersion: number) {
  return { Document: encodeDocument(version.document), ...listedVersion(version, defaultVersion) }
}
