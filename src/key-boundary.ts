import type { Config } from './config.ts'
import { type DataDirectory, dataDirectory, makeDataDirectory, rootKeyNeed } from './data-directory.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import {
  beginKeyProcess,
  createEphemeralRootKey,
  createRootKeyFile,
  openRootKeyFile,
  type RootKey,
  type StartingKeyProcess,
} from './hsm/client.ts'

/** The root key, open but unread, and the key process that is starting with it. */
export type KeyBoundary = {
  readonly directory: DataDirectory | undefined
  readonly rootKey: RootKey
  readonly begun: StartingKeyProcess
}

/**
 * Opens the root key and starts the key process: first of all, because the process proves its cage and its algorithms while
 * the rest of the program loads.
 *
 * @returns one line for a person when there is no root key file that may be used.
 */
export async function openKeyBoundary(config: Config): Promise<KeyBoundary | ServiceError> {
  const directory = config.dataDirectory === undefined ? undefined : dataDirectory(config.dataDirectory)
  if (directory) makeDataDirectory(directory)
  const rootKey = await openRootKey(directory)
  if (isError(rootKey)) return rootKey
  return { directory, rootKey, begun: beginKeyProcess({ rootKey, adoptsMaterial: config.mode === 'dev' }) }
}

async function openRootKey(directory: DataDirectory | undefined): Promise<RootKey | ServiceError> {
  if (!directory) return createEphemeralRootKey()
  const need = rootKeyNeed(directory)
  if (need === 'lost')
    return error(
      'KMSInternalException',
      `${directory.rootKey} is missing, and nothing else opens the keys in ${directory.database}`,
    )
  const failed = need === 'create' ? await createRootKeyFile(directory.rootKey) : undefined
  return failed ?? openRootKeyFile(directory.rootKey)
}
