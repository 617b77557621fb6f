import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { error, type ServiceError } from '../domain/error.ts'
import { startCaged } from './caged-process.ts'

/** Bytes of a root key file. Layout: docs/formats.md. The API process knows its length and reads none of it. */
export const ROOT_KEY_FILE_BYTES = 48
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** An open root key file. It stays open as long as key processes may have to be started. */
export type RootKey = Disposable & { readonly fd: number }

const refusal = (message: string, cause?: unknown) => error('KMSInternalException', message, cause)

const rootKeyOf = (fd: number): RootKey => ({ fd, [Symbol.dispose]: () => closeSync(fd) })

function opened(path: string, flags: string): number | ServiceError {
  try {
    return openSync(path, flags, OWNER_ONLY)
  } catch (cause) {
    return notOpened(path, cause, flags)
  }
}

function notOpened(path: string, cause: unknown, flags: string): ServiceError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EEXIST') return refusal(`the root key file ${path} exists already and is not replaced`, cause)
  if (code === 'ENOENT' && flags === 'r') return refusal(`there is no root key file ${path}`, cause)
  return refusal(`the root key file ${path} cannot be opened: ${code}`, cause)
}

/** Writes a new root key into `fd` by a process of its own. */
async function fill(fd: number): Promise<undefined | ServiceError> {
  const child = startCaged('create-root-key', ['ignore', 'ignore', 'ignore', fd])
  const code = await new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  return code === 0 ? undefined : refusal('the root key could not be created', code)
}

/** A new name is durable when its directory is. */
function syncDirectory(path: string): void {
  // Windows opens no directories; NTFS journals names.
  if (process.platform === 'win32') return
  const fd = openSync(dirname(path), 'r')
  fsyncSync(fd)
  closeSync(fd)
}

/**
 * Gives a finished file its name: all at once, and never over another one. Half a root key under that name would keep every
 * later start from creating a whole one.
 */
function publish(unfinished: string, path: string): undefined | ServiceError {
  try {
    linkSync(unfinished, path)
    return undefined
  } catch (cause) {
    return notOpened(path, cause, 'wx')
  }
}

/**
 * Creates a root key file that only its owner may read, durably. The key itself is made and written by a process of its own.
 * A crash leaves a file of another name at most, which nothing is encrypted under.
 *
 * @returns nothing when it is done; a refusal in one line when the file exists or cannot be written.
 */
export async function createRootKeyFile(path: string): Promise<undefined | ServiceError> {
  if (existsSync(path)) return refusal(`the root key file ${path} exists already and is not replaced`)
  const unfinished = `${path}.${process.pid}-${Date.now()}.unfinished`
  const fd = opened(unfinished, 'wx')
  if (typeof fd !== 'number') return fd
  const notFilled = await fill(fd)
  fsyncSync(fd)
  closeSync(fd)
  const failed = notFilled ?? publish(unfinished, path)
  unlinkSync(unfinished)
  syncDirectory(path)
  return failed
}

function weakness(fd: number): string | undefined {
  const stat = fstatSync(fd)
  if (!stat.isFile()) return 'is not a regular file'
  const owner = process.getuid?.()
  if (owner !== undefined && stat.uid !== owner) return 'belongs to another user'
  if (process.platform !== 'win32' && (stat.mode & OTHERS) !== 0)
    return `can be read or changed by others (mode ${(stat.mode & 0o777).toString(8)}); make it 600`
  if (stat.size !== ROOT_KEY_FILE_BYTES) return `is not ${ROOT_KEY_FILE_BYTES} bytes long`
  return undefined
}

/**
 * Opens a root key file without reading it.
 *
 * @returns the open file, to be disposed of after the key process; a refusal in one line when the file is missing, has
 *   another owner or length, or gives anyone but its owner any permission.
 */
export function openRootKeyFile(path: string): RootKey | ServiceError {
  const fd = opened(path, 'r')
  if (typeof fd !== 'number') return fd
  const weak = weakness(fd)
  if (weak === undefined) return rootKeyOf(fd)
  closeSync(fd)
  return refusal(`the root key file ${path} ${weak}`)
}

/** In memory where the system has such a directory, so that the key never reaches a disk. */
const temporaryDirectory = () => (process.platform === 'linux' && existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

/**
 * Makes a place for a root key that lives as long as it is open: a file without a name. The first key process puts a new
 * root key into it, and those that are started again find the same.
 *
 * @returns the open file, to be disposed of after the key process; a refusal in one line when it cannot be made.
 */
export function createEphemeralRootKey(): RootKey | ServiceError {
  const directory = mkdtempSync(join(temporaryDirectory(), 'trent-'))
  const path = join(directory, 'root.key')
  const fd = opened(path, 'wx+')
  if (typeof fd === 'number') unlinkSync(path)
  rmdirSync(directory)
  return typeof fd === 'number' ? rootKeyOf(fd) : fd
}
