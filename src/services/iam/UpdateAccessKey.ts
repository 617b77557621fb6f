import { error, isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { shared } from './entity-operation.ts'
import { ownAccessKey } from './own-access-key.ts'
import { ownerOf, ownerTarget, ownerTouched } from './owner.ts'
import * as shapes from './shapes.ts'

/**
 * Switches an access key off or on, in force when the call returns.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
 */
export const UpdateAccessKey = operation({
  ...shared({ name: 'UpdateAccessKey' }),
  input: {
    UserName: optional(shapes.ExistingUserNameType),
    AccessKeyId: shapes.AccessKeyIdType,
    Status: shapes.StatusType,
  },
  targets: (input, find) => ownerTarget(find, 'iam:UpdateAccessKey', input.UserName),
  async run({ AccessKeyId, Status }, { owner: granted }, { store, caller, clock }) {
    const owner = ownerOf(granted, caller.scope.account)
    if (isError(owner)) return owner
    const accessKey = await ownAccessKey(store, owner, AccessKeyId)
    if (isError(accessKey)) return accessKey
    if (Status === 'Expired') return error('InvalidInput', 'An access key cannot be made Expired.')
    if (accessKey.status === Status) return { output: {} }
    const changed = { ...accessKey, status: Status }
    return {
      output: {},
      changes: [
        { kind: 'update-access-key', accessKey: changed, was: accessKey.status },
        ownerTouched(owner, clock.now()),
      ],
    }
  },
})
