import { error, isError } from '../../domain/error.ts'
import { optional, structure, text, timestamp } from '../../protocol/shape.ts'
import type { Finder } from '../../request/finder.ts'
import { entityTarget } from '../../request/iam/entity-target.ts'
import { operation } from '../../request/operation.ts'
import { shared } from './entity-operation.ts'
import * as shapes from './shapes.ts'

/** What stands in the place of a service and Region when the key was not used. Source: IAM API reference. */
const NEVER = { ServiceName: 'N/A', Region: 'N/A' } as const

const EVENT_SOURCE = '.amazonaws.com'

/** The user of an access key of the caller's account, or the account's root user; keys of other accounts are as good as none. */
async function keyTarget({ scope, caller, directory }: Finder, accessKeyId: string) {
  const action = 'iam:GetAccessKeyLastUsed'
  const { account } = scope
  const key = await directory.findAccessKey(accessKeyId)
  if (key?.account !== account)
    return error(
      'AccessDeniedException',
      `User: ${caller.principal.arn} is not authorized to perform: ${action} on resource: access key ${accessKeyId}`,
    )
  const user = key.userId === undefined ? undefined : await directory.findEntityById(account, 'user', key.userId)
  return { owner: entityTarget(action, account, user ?? key.principal) }
}

/**
 * When, with which service and in which Region an access key was used last, as far as the index of events goes back.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
 */
export const GetAccessKeyLastUsed = operation({
  ...shared({ name: 'GetAccessKeyLastUsed' }),
  input: { AccessKeyId: shapes.AccessKeyIdType },
  output: {
    UserName: optional(text()),
    AccessKeyLastUsed: optional(
      structure({ LastUsedDate: optional(timestamp()), ServiceName: text(), Region: text() }),
    ),
  },
  targets: (input, find) => keyTarget(find, input.AccessKeyId),
  async run({ AccessKeyId }, { owner: { entity } }, { caller, cloudTrail }) {
    const used = await cloudTrail.lastUse(caller.scope.account, AccessKeyId)
    if (isError(used)) return used
    const AccessKeyLastUsed = used
      ? {
          LastUsedDate: used.shown.EventTime,
          ServiceName: used.shown.EventSource.replace(EVENT_SOURCE, ''),
          Region: used.region,
        }
      : NEVER
    return { output: { ...(entity ? { UserName: entity.name } : {}), AccessKeyLastUsed } }
  },
})
