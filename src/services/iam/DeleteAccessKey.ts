import { isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { shared } from './entity-operation.ts'
import { ownAccessKey } from './own-access-key.ts'
import { ownerOf, ownerTarget, ownerTouched } from './owner.ts'
import * as shapes from './shapes.ts'

/**
 * Deletes an access key, in force when the call returns.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
 */
export const DeleteAccessKey = operation({
  ...shared({ name: 'DeleteAccessKey' }),
  input: { UserName: optional(shapes.ExistingUserNameType), AccessKeyId: shapes.AccessKeyIdType },
  targets: (input, find) => ownerTarget(find, 'iam:DeleteAccessKey', input.UserName),
  async run({ AccessKeyId }, { owner: granted }, { store, caller, clock }) {
    const owner = ownerOf(granted, caller.scope.account)
    if (isError(owner)) return owner
    const accessKey = await ownAccessKey(store, owner, AccessKeyId)
    if (isError(accessKey)) return accessKey
    return { output: {}, changes: [{ kind: 'delete-access-key', accessKey }, ownerTouched(owner, clock.now())] }
  },
})
