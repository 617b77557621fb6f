import { createWriteStream } from 'node:fs'
import { open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { type Failure, failure, systemCode } from '../failure.ts'

/** Where output goes. Disposed of before it was kept, it leaves nothing behind. */
export type Sink = AsyncDisposable & {
  readonly stream: Writable
  /** Whether the stream is ours to end: standard output is not. */
  readonly endsStream: boolean
  /** Gives the whole output its name, once the stream has ended. */
  keep(): Promise<void>
}

/** Plaintext and ciphertext alike are for their owner, until their owner says otherwise. */
const OWNER_ONLY = 0o600

/** Opens a file, or standard output. A file appears under its name when it is complete and on the disk, not before. */
export async function openSink(path: string | undefined): Promise<Sink | Failure> {
  if (path === undefined) return passing(process.stdout, false)
  try {
    const existing = await stat(path).catch(absent)
    if (existing?.isDirectory()) return failure(`${path} is a directory`)
    // A device or a pipe cannot be replaced by a file; what is written to it is not kept anyway.
    if (existing && !existing.isFile()) return passing(createWriteStream(path), true)
    return await replacing(existing ? await realpath(path) : path)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${path} cannot be written: ${code}`)
  }
}

function absent(cause: unknown): undefined {
  if (systemCode(cause) !== 'ENOENT') throw cause
}

function passing(stream: Writable, endsStream: boolean): Sink {
  return { stream, endsStream, keep: async () => undefined, [Symbol.asyncDispose]: async () => undefined }
}

async function replacing(path: string): Promise<Sink> {
  // In the same directory, so that renaming never copies. `wx` refuses a name that somebody has taken.
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  const file = await open(temporary, 'wx', OWNER_ONLY)
  const stream = file.createWriteStream({ flush: true })
  let isKept = false
  return {
    stream,
    endsStream: true,
    async keep() {
      await rename(temporary, path)
      isKept = true
    },
    async [Symbol.asyncDispose]() {
      if (isKept) return
      stream.destroy()
      await unlink(temporary)
    },
  }
}
