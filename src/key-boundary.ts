import { mkdirSync, realpathSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import { readAttestationRoots } from './attestation-roots.ts'
import type { Config } from './config.ts'
import { type DataDirectory, dataDirectory, makeDataDirectory, rootKeyNeed } from './data-directory.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import {
  beginKeyProcess,
  createEphemeralRootKey,
  createRootKeyFile,
  type KeyProcessOptions,
  openRootKeyFile,
  type RootKey,
  type StartingKeyProcess,
} from './hsm/client.ts'

/** The root key, open but unread, and the key process that is starting with it. */
export type KeyBoundary = {
  readonly directory: DataDirectory | undefined
  readonly rootKey: RootKey
  readonly begun: StartingKeyProcess
  /** What the emulator's key process may, and the service's never. */
  readonly emulator: Pick<KeyProcessOptions, 'adoptsMaterial' | 'compiledCode'>
  readonly attestation: readonly string[] | 'unrooted'
}

/**
 * Beside the compiled code of this process, where it keeps any. Only for the emulator, which must start fast: what the
 * service's key process runs comes from its sources alone, not from a directory that this process can write to.
 */
function compiledCode(): { readonly compiledCode?: string } {
  const ours = getCompileCacheDir()
  if (ours === undefined) return {}
  const directory = join(dirname(ours), 'key-process')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return { compiledCode: join(realpathSync(directory), '/') }
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
  const roots = readAttestationRoots(config.attestationRootPaths)
  if (isError(roots)) return roots
  const attestation = config.mode === 'dev' && roots.length === 0 ? 'unrooted' : roots
  const rootKey = await openRootKey(directory)
  if (isError(rootKey)) return rootKey
  const emulator = config.mode === 'dev' ? { adoptsMaterial: true, ...compiledCode() } : {}
  const begun = beginKeyProcess({ rootKey, attestation, ...emulator })
  return { directory, rootKey, emulator, attestation, begun }
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
