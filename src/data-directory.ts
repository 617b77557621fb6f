import { existsSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** Where a service keeps what lasts. */
export type DataDirectory = {
  readonly root: string
  readonly database: string
  readonly rootKey: string
  readonly credentials: string
  readonly trail: string
  /** The index of the trail's events, made from it. */
  readonly history: string
  /** How often keys were used by whom, counted from the trail. */
  readonly usage: string
  /** What was found unusual in the trail. */
  readonly watch: string
  /** How far the delivery of log files has come. */
  readonly logFiles: string
}

export function dataDirectory(root: string): DataDirectory {
  return {
    root,
    database: join(root, 'trent.db'),
    rootKey: join(root, 'root.key'),
    credentials: join(root, 'credentials'),
    trail: join(root, 'trail'),
    history: join(root, 'history.db'),
    usage: join(root, 'usage.db'),
    watch: join(root, 'watch.db'),
    logFiles: join(root, 'log-files.db'),
  }
}

/**
 * Makes the directory and those above it, for its owner alone. Throws the system's error when it cannot be.
 *
 * One by one: mkdir's own `recursive` never ends below a file system that refuses with ENOENT, such as /proc.
 */
export function makeDataDirectory({ root }: Pick<DataDirectory, 'root'>): void {
  const path = resolve(root)
  if (existsSync(path)) return
  if (!existsSync(dirname(path))) makeDataDirectory({ root: dirname(path) })
  mkdirSync(path, { mode: 0o700 })
}

/**
 * Whether a root key must be made, or must exist: a store without its root key would be lost for good if a new one were made.
 */
export function rootKeyNeed(directory: DataDirectory): 'exists' | 'create' | 'lost' {
  if (existsSync(directory.rootKey)) return 'exists'
  return existsSync(directory.database) ? 'lost' : 'create'
}

/** Removes all state but the root key; only the emulator does this, on request. */
export async function eraseState(directory: DataDirectory): Promise<void> {
  const databases = [directory.database, directory.history, directory.usage, directory.watch, directory.logFiles]
  const gone = [...databases.flatMap((path) => [path, `${path}-wal`, `${path}-shm`]), directory.trail]
  for (const path of gone) await rm(path, { recursive: true, force: true })
}
