import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { newAccessKeyId } from './domain/access-key-id.ts'
import { type AccountId, parseAccountId, type Region, rootArn } from './domain/arn.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import type { Clock, Ids, KeyProcess, Store } from './request/ports.ts'

/** Name of the setting that holds the account of this installation. */
const ACCOUNT = 'account'

export type FirstStart = {
  readonly store: Store
  readonly hsm: KeyProcess
  readonly ids: Ids
  readonly clock: Clock
  readonly credentialsPath: string
  /** Random when absent. */
  readonly account?: AccountId
  readonly region: Region
}

export type Installation = { readonly account: AccountId; readonly isFirstStart: boolean }

/**
 * The account of this installation; the first start makes it, with the root user's access key.
 *
 * The credentials file is whole before the store knows the access key, so a crash between leaves a first start that begins
 * again, never a service whose only credentials nobody has.
 */
export async function install(first: FirstStart): Promise<Installation | ServiceError> {
  const known = await first.store.setting(ACCOUNT)
  if (known !== undefined) return existing(known, first.account)
  const account = first.account ?? randomAccount(first.ids)
  const accessKeyId = newAccessKeyId('AKIA', first.ids.hex(12))
  const made = await first.hsm.createSecret(accessKeyId)
  if (isError(made)) return made
  writeCredentials(first.credentialsPath, { accessKeyId, secret: made.secret, region: first.region })
  const principal = rootArn(account, first.region)
  const accessKey = {
    accessKeyId,
    account,
    principal,
    status: 'Active',
    createdAt: first.clock.now(),
    wrappedSecret: made.wrapped,
  } as const
  const committed = await first.store.commit([{ kind: 'insert-access-key', accessKey }])
  if (isError(committed)) return committed
  await first.store.putSetting(ACCOUNT, account)
  return { account, isFirstStart: true }
}

function existing(text: string, wanted: AccountId | undefined): Installation | ServiceError {
  const account = parseAccountId(text)
  if (!account) return error('KMSInternalException', 'the store names no valid account')
  if (wanted !== undefined && wanted !== account)
    return error('KMSInternalException', `the data directory belongs to account ${account}, not ${wanted}`)
  return { account, isFirstStart: false }
}

/** 12 digits, the first not zero, so that no tool takes them for a small number. */
function randomAccount(ids: Ids): AccountId {
  const digits = (BigInt(`0x${ids.hex(8)}`) % 900_000_000_000n) + 100_000_000_000n
  return parseAccountId(String(digits)) as AccountId
}

/** AWS's shared credentials format, mode 0600, whole or not there. */
function writeCredentials(
  path: string,
  key: { readonly accessKeyId: string; readonly secret: string; readonly region: string },
): void {
  const text = `[default]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secret}\nregion = ${key.region}\n`
  const fd = openSync(`${path}.new`, 'w', 0o600)
  writeSync(fd, text)
  fsyncSync(fd)
  closeSync(fd)
  renameSync(`${path}.new`, path)
}
