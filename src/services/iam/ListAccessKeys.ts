import { isError } from '../../domain/error.ts'
import { list, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { shared } from './entity-operation.ts'
import { ownerId, ownerName, ownerOf, ownerTarget } from './owner.ts'
import { pageAmong } from './page.ts'
import * as shapes from './shapes.ts'

/**
 * Access keys without their secrets.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
 */
export const ListAccessKeys = operation({
  ...shared({ name: 'ListAccessKeys' }),
  input: { UserName: optional(shapes.ExistingUserNameType), ...shapes.pageInput },
  output: { AccessKeyMetadata: list(shapes.AccessKeyMetadata), ...shapes.pageOutput },
  targets: (input, find) => ownerTarget(find, 'iam:ListAccessKeys', input.UserName),
  async run(input, { owner: granted }, { store, caller }) {
    const { account } = caller.scope
    const owner = ownerOf(granted, account)
    if (isError(owner)) return owner
    const keys = await store.listAccessKeys(account, ownerId(owner))
    const page = pageAmong(input, keys, ({ accessKeyId }) => accessKeyId)
    if (isError(page)) return page
    const { entries, ...rest } = page
    const listed = entries.map(({ accessKeyId, status, createdAt }) => ({
      ...ownerName(owner),
      AccessKeyId: accessKeyId,
      Status: status,
      CreateDate: createdAt,
    }))
    return { output: { AccessKeyMetadata: listed, ...rest } }
  },
})
