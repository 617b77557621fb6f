import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'
import { isError, type ServiceError } from '../domain/error.ts'
import type { Link } from './chain.ts'
import { syncDirectory } from './segment-file.ts'
import { fileSha256 } from './segment-lines.ts'
import { archivePath, plainPath, UNFINISHED } from './segment-name.ts'

/**
 * Compresses a closed segment beside the original, which stays until the trail has recorded the digest. A crash at any
 * moment leaves the original; what is unfinished bears another name.
 *
 * @returns SHA-256 of the compressed file as hex. Throws what the system answers.
 */
export async function archiveSegment(directory: string, number: number): Promise<string> {
  const archive = archivePath(directory, number)
  const unfinished = `${archive}${UNFINISHED}`
  // The fastest level: events repeat so much that it saves nine tenths, and it competes with requests for the processor.
  const gzip = createGzip({ level: constants.Z_BEST_SPEED })
  await pipeline(
    createReadStream(plainPath(directory, number)),
    gzip,
    createWriteStream(unfinished, { mode: 0o600, flush: true }),
  )
  const sha256 = await fileSha256(unfinished)
  await rename(unfinished, archive)
  await syncDirectory(directory)
  return sha256
}

export type Archivist = {
  archive(segment: number): void
  /** Until every segment given so far is archived or was reported. */
  idle(): Promise<void>
}

type ArchivistOptions = {
  readonly directory: string
  readonly warn: (message: string, cause: unknown) => void
  /** Makes the record of an archive durable in the chain. */
  readonly record: (link: Link) => Promise<ServiceError | undefined>
}

/** Compresses closed segments, one at a time. The original goes once the chain vouches for the archive. */
export function archivist({ directory, warn, record }: ArchivistOptions): Archivist {
  let working = Promise.resolve()
  async function archive(segment: number): Promise<void> {
    try {
      const problem = await record({ kind: 'archived', segment, sha256: await archiveSegment(directory, segment) })
      if (isError(problem)) throw problem.cause
      await rm(plainPath(directory, segment))
    } catch (cause) {
      warn(`segment ${segment} stays uncompressed until the trail is opened again`, cause)
    }
  }
  return {
    archive(segment) {
      working = working.then(() => archive(segment))
    },
    idle: () => working,
  }
}
