import { createSecretKey, hash, type KeyObject } from 'node:crypto'
import { closeSync, readSync, writeSync } from 'node:fs'
import { randomBytes } from './random.ts'

/**
 * The root key file: `TRENTKEY`, version 01, three zero bytes, 32 bytes of key, checksum: the first 4 bytes of SHA-256 over
 * everything before. The checksum finds a damaged copy, nothing else: whoever can change the file can change it too.
 */
const MAGIC = Buffer.from('TRENTKEY\x01\x00\x00\x00', 'latin1')
const KEY_BYTES = 32
const CHECKSUM_BYTES = 4
const CHECKSUM_AT = MAGIC.length + KEY_BYTES
export const ROOT_KEY_FILE_BYTES = CHECKSUM_AT + CHECKSUM_BYTES

const checksum = (file: Buffer) => hash('sha256', file.subarray(0, CHECKSUM_AT), 'buffer').subarray(0, CHECKSUM_BYTES)

/** @returns a new root key as the bytes of its file, to be wiped by the caller. */
export function newRootKeyFile(): Buffer {
  const file = Buffer.allocUnsafeSlow(ROOT_KEY_FILE_BYTES)
  const key = randomBytes(KEY_BYTES)
  MAGIC.copy(file)
  key.copy(file, MAGIC.length)
  key.fill(0)
  checksum(file).copy(file, CHECKSUM_AT)
  return file
}

/** @returns the root key; nothing when the bytes are not a root key file. Wipes `file`. */
export function parseRootKeyFile(file: Buffer): KeyObject | undefined {
  const isWhole = file.length === ROOT_KEY_FILE_BYTES && file.subarray(0, MAGIC.length).equals(MAGIC)
  const isIntact = isWhole && checksum(file).equals(file.subarray(CHECKSUM_AT))
  const key = isIntact ? createSecretKey(file.subarray(MAGIC.length, CHECKSUM_AT)) : undefined
  file.fill(0)
  return key
}

/** @returns how many bytes of a new root key file were written; none of them to be seen by who created the file. */
export function writeNewRootKey(fd: number): number {
  const file = newRootKeyFile()
  const written = writeSync(fd, file, 0, file.length, 0)
  file.fill(0)
  return written
}

/**
 * Reads the root key from an inherited file descriptor and closes it. Positioned, because a process started later inherits
 * the same file offset. An empty file is an ephemeral one that waits for its key: a named one is never handed over empty.
 *
 * @returns nothing when the file is not a root key file.
 */
export function readRootKey(fd: number): KeyObject | undefined {
  const file = Buffer.allocUnsafeSlow(ROOT_KEY_FILE_BYTES)
  const read = () => readSync(fd, file, 0, file.length, 0)
  const found = read()
  const bytes = found === 0 && writeNewRootKey(fd) === ROOT_KEY_FILE_BYTES ? read() : found
  closeSync(fd)
  return parseRootKeyFile(file.subarray(0, bytes))
}
