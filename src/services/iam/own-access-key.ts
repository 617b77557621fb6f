import type { ServiceError } from '../../domain/error.ts'
import type { AccessKey, Store } from '../../request/ports.ts'
import { type Owner, ownerId } from './owner.ts'
import { noSuchAccessKey } from './refusal.ts'

/** An access key of that owner; another's is as good as none. */
export async function ownAccessKey(
  store: Pick<Store, 'listAccessKeys'>,
  owner: Owner,
  accessKeyId: string,
): Promise<AccessKey | ServiceError> {
  const account = owner.kind === 'user' ? owner.user.account : owner.account
  const keys = await store.listAccessKeys(account, ownerId(owner))
  return keys.find((key) => key.accessKeyId === accessKeyId) ?? noSuchAccessKey(accessKeyId)
}
