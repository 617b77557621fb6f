import { newAccessKeyId } from '../../domain/access-key-id.ts'
import { isError } from '../../domain/error.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { optional, secretText, structure, text, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { AccessKey } from '../../request/ports.ts'
import { shared } from './entity-operation.ts'
import { ownerId, ownerName, ownerOf, ownerTarget, ownerTouched } from './owner.ts'
import { quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'

/** Bytes of randomness in an access key id. */
const ID_BYTES = 12

/**
 * A new access key. Its secret is in this answer and nowhere else: what is kept opens in the key process alone.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
 */
export const CreateAccessKey = operation({
  ...shared({ name: 'CreateAccessKey' }),
  input: { UserName: optional(shapes.ExistingUserNameType) },
  output: {
    AccessKey: structure({
      UserName: optional(text()),
      AccessKeyId: shapes.AccessKeyIdType,
      Status: shapes.StatusType,
      SecretAccessKey: secretText(1, 128),
      CreateDate: timestamp(),
    }),
  },
  event: { response: 'output' },
  targets: (input, find) => ownerTarget(find, 'iam:CreateAccessKey', input.UserName),
  async run(_input, { owner: granted }, { store, hsm, caller, clock, ids }) {
    const { account } = caller.scope
    const owner = ownerOf(granted, account)
    if (isError(owner)) return owner
    const userId = ownerId(owner)
    if ((await store.listAccessKeys(account, userId)).length >= IAM_QUOTAS.accessKeysPerOwner)
      return quotaExceeded('AccessKeysPerUser', IAM_QUOTAS.accessKeysPerOwner)
    const accessKeyId = newAccessKeyId('AKIA', ids.hex(ID_BYTES))
    const made = await hsm.createSecret(accessKeyId)
    if (isError(made)) return made
    const accessKey: AccessKey = {
      accessKeyId,
      account,
      principal: granted.arn,
      status: 'Active',
      createdAt: clock.now(),
      wrappedSecret: made.wrapped,
      ...(userId === undefined ? {} : { userId }),
    }
    return {
      output: {
        AccessKey: {
          ...ownerName(owner),
          AccessKeyId: accessKeyId,
          Status: accessKey.status,
          SecretAccessKey: made.secret,
          CreateDate: accessKey.createdAt,
        },
      },
      changes: [{ kind: 'insert-access-key', accessKey }, ownerTouched(owner, accessKey.createdAt)],
    }
  },
})
