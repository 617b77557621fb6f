import { type AccountId, parseAccountId, parseArn } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { IamRole, IamTag } from '../../domain/iam.ts'
import { ROLE_SESSION_SECONDS, SESSION_SECONDS } from '../../domain/limits.ts'
import { type RoleSessionRecord, roleSessionArn } from '../../domain/session.ts'
import type { Directory } from '../../request/iam/directory.ts'
import type { Call } from '../../request/operation.ts'
import { credentialsOf, packed, type Restrictions } from './session.ts'

/** A role by its ARN, in whichever account it is. `ValidationException` for what is no ARN of a role. */
export async function findRole(
  directory: Directory,
  arn: string,
): Promise<{ readonly account: AccountId; readonly role?: IamRole } | ServiceError> {
  const parsed = parseArn(arn)
  const account = parsed && parseAccountId(parsed.account)
  if (!account || parsed.service !== 'iam' || !parsed.resource.startsWith('role/'))
    return error('ValidationException', `${arn} is invalid`)
  const role = await directory.findEntity(account, 'role', parsed.resource.slice(parsed.resource.lastIndexOf('/') + 1))
  return role?.arn === arn ? { account, role } : { account }
}

/** What a request says about the session that it wants; what every request for a role has. */
export type WantedSession = Restrictions & {
  readonly RoleSessionName: string
  readonly DurationSeconds?: number
}

/** What the way to the role adds to the session. */
export type Obtained = Partial<
  Pick<RoleSessionRecord, 'mfaAt' | 'sourceIdentity' | 'provider' | 'transitiveTagKeys'>
> & {
  readonly inheritedTags?: readonly IamTag[]
  /** The caller is itself a session of a role. */
  readonly isChained?: boolean
}

/**
 * A session of the role for somebody who may have one.
 *
 * @returns `ValidationException` for a duration that the role does not allow, and what `packed` answers.
 */
export async function assumed(role: IamRole, wanted: WantedSession, obtained: Obtained, call: Call) {
  const { RoleSessionName, DurationSeconds = ROLE_SESSION_SECONDS.min } = wanted
  const tooLong = refuseDuration(role, DurationSeconds, obtained.isChained ?? false)
  if (tooLong) return tooLong
  const own = wanted.Tags ?? []
  const keys = new Set(own.map(({ Key }) => Key.toLowerCase()))
  const inherited = (obtained.inheritedTags ?? []).filter(({ Key }) => !keys.has(Key.toLowerCase()))
  const restricted = await packed({ ...wanted, Tags: [...inherited, ...own] }, call)
  if (isError(restricted)) return restricted
  const { PackedPolicySize, ...content } = restricted
  const { mfaAt, sourceIdentity, provider, transitiveTagKeys = [] } = obtained
  const issuedAt = call.clock.now()
  const Credentials = await credentialsOf(call, {
    kind: 'role',
    account: role.account,
    roleId: role.id,
    sessionName: RoleSessionName,
    issuedAt,
    expiresAt: issuedAt + DurationSeconds * 1000,
    transitiveTagKeys,
    ...content,
    ...(mfaAt === undefined ? {} : { mfaAt }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(provider === undefined ? {} : { provider }),
  })
  if (isError(Credentials)) return Credentials
  return {
    Credentials,
    AssumedRoleUser: {
      AssumedRoleId: `${role.id}:${RoleSessionName}`,
      Arn: roleSessionArn(role, RoleSessionName),
    },
    ...(PackedPolicySize === undefined ? {} : { PackedPolicySize }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
  }
}

/** Source: messages of STS. */
function refuseDuration({ maxSessionSeconds }: IamRole, seconds: number, isChained: boolean): ServiceError | undefined {
  if (isChained && seconds > SESSION_SECONDS.chained)
    return error(
      'ValidationException',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  return seconds > maxSessionSeconds
    ? error('ValidationException', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
    : undefined
}
