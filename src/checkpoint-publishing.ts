import { readFile } from 'node:fs/promises'
import { missingFor, type OutletKeys, outletTo } from './checkpoints/outlets.ts'
import type { Config } from './config.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import type { Log } from './request/log.ts'
import type { Clock, Store } from './request/ports.ts'
import type { Head } from './trail/chain.ts'
import { openPublisher, type Publisher } from './trail/checkpoints/publisher.ts'

/** Name of the setting that says up to which batch places outside were told of the trail. */
const SETTING = 'checkpoints-published'

type Parts = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly account: string
  readonly directory: string
  readonly head: () => Head
}

const CREDENTIALS = /^aws_access_key_id\s*=\s*(\S+)\s*^aws_secret_access_key\s*=\s*(\S+)/m

async function keysOf({ secretPath, credentialsPath }: NonNullable<Config['checkpoints']>): Promise<OutletKeys> {
  const secret = secretPath === undefined ? undefined : (await readFile(secretPath, 'utf8')).trim()
  const [, accessKeyId, secretKey] =
    CREDENTIALS.exec(credentialsPath ? await readFile(credentialsPath, 'utf8') : '') ?? []
  return {
    ...(secret ? { secret } : {}),
    ...(accessKeyId && secretKey ? { credentials: { accessKeyId, secret: secretKey } } : {}),
  }
}

const systemCode = (cause: unknown) => (cause instanceof Error && 'code' in cause ? String(cause.code) : undefined)

/** @returns one line for a person when the places to publish at cannot be made out. */
export async function publishCheckpoints(
  wanted: NonNullable<Config['checkpoints']>,
  { store, clock, log, account, directory, head }: Parts,
): Promise<Publisher | ServiceError> {
  const keys = await keysOf(wanted).catch((cause: unknown) => {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return error('KMSInternalException', `what signs the checkpoints cannot be read: ${code}`)
  })
  if (isError(keys)) return keys
  const missing = wanted.to.map((place) => missingFor(place, keys)).find((each) => each !== undefined)
  if (missing !== undefined) return error('KMSInternalException', missing)
  return openPublisher({
    of: account,
    outlets: wanted.to.map((place) => outletTo(place, keys)),
    directory,
    head,
    now: clock.now,
    progress: { load: () => store.setting(SETTING), save: (text) => store.putSetting(SETTING, text) },
    warn: (message, cause) => log.error(message, { cause }),
  })
}
