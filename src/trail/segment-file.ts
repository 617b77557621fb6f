import { constants, type Stats, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/**
 * One durable write is one system call where the system has O_DSYNC and it means what it says; elsewhere (macOS, where only
 * fdatasync reaches the disk, and Windows) a write is followed by fdatasync.
 */
const SYNCHRONOUS = process.platform === 'linux'
const FLAGS = constants.O_WRONLY | constants.O_APPEND | (SYNCHRONOUS ? constants.O_DSYNC : 0)

/** A file that grows by whole durable writes. */
export type SegmentFile = {
  /** Bytes that are durable. */
  readonly length: number
  /** Durable when it returns. Throws what the system answers, and then none of the bytes count. */
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done)
    if (bytesWritten === 0) throw new Error('the system wrote nothing and named no error')
    done += bytesWritten
  }
  if (!SYNCHRONOUS) await handle.datasync()
}

async function closeFailed(handle: FileHandle): Promise<void> {
  try {
    await handle.close()
  } catch {
    // The handle is given up because it failed, and that failure was already answered for.
  }
}

const REPLACED = 'the segment was removed, replaced or cut while it was written'

function isSame(found: Stats, was: Stats, length: number): boolean {
  return found.dev === was.dev && found.ino === was.ino && found.size >= length
}

/** Opens the file again and removes what a failed write left behind. */
async function reopen(path: string, was: Stats, length: number): Promise<FileHandle> {
  const handle = await open(path, FLAGS)
  try {
    const { dev, ino, size } = await handle.stat()
    if (dev !== was.dev || ino !== was.ino || size < length)
      throw new Error('the segment was replaced or cut while it was written')
    await handle.truncate(length)
    return handle
  } catch (cause) {
    await closeFailed(handle)
    throw cause
  }
}

async function statOrClose(handle: FileHandle): Promise<Stats> {
  try {
    return await handle.stat()
  } catch (cause) {
    await closeFailed(handle)
    throw cause
  }
}

/**
 * Opens a segment for appending.
 *
 * @param length - bytes that count; what follows them is cut off before the first write. 0 makes a new file.
 */
export async function openSegmentFile(path: string, length: number): Promise<SegmentFile> {
  let handle = await open(path, length === 0 ? FLAGS | constants.O_CREAT | constants.O_TRUNC : FLAGS, 0o600)
  const was = await statOrClose(handle)
  let good = length
  let clean = was.size === length

  async function write(bytes: Uint8Array): Promise<void> {
    if (!clean) {
      await closeFailed(handle)
      handle = await reopen(path, was, good)
    }
    clean = false
    await writeAll(handle, bytes)
    // Written to a file that is no longer in its place, an event would be gone although it was durable. A name that was
    // opened a moment ago is found in microseconds, which is less than a trip to another thread takes.
    if (!isSame(statSync(path), was, good + bytes.length)) throw new Error(REPLACED)
    good += bytes.length
    clean = true
  }

  return {
    get length() {
      return good
    },
    write,
    close: () => handle.close(),
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return // Windows opens no directories, and its file systems journal names.
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
