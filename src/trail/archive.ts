import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'
import { isError, type ServiceError } from '../domain/error.ts'
import { TRAIL_QUIET, TRAIL_UNARCHIVED_MAX } from '../domain/limits.ts'
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
  /** Archives at once what waits, until every segment given so far is archived or was reported. */
  finish(): Promise<void>
}

type ArchivistOptions = {
  readonly directory: string
  readonly warn: (message: string, cause: unknown) => void
  /** Makes the record of an archive durable in the chain. */
  readonly record: (link: Link) => Promise<ServiceError | undefined>
  /** Events that are durable since the start. */
  readonly events: () => number
}

/**
 * Compresses closed segments, one at a time, when few requests come: it takes as much of the processor as a tenth of the
 * requests that filled the segment. More than a few do not wait for that. The original goes once the chain vouches for the
 * archive.
 */
export function archivist({ directory, warn, record, events }: ArchivistOptions): Archivist {
  const waiting: number[] = []
  let working: Promise<void> | undefined
  let isFinishing = false
  let hurry = () => {}

  async function archive(segment: number): Promise<void> {
    try {
      const problem = await record({ kind: 'archived', segment, sha256: await archiveSegment(directory, segment) })
      if (isError(problem)) throw problem.cause
      await rm(plainPath(directory, segment))
    } catch (cause) {
      warn(`segment ${segment} stays uncompressed until the trail is opened again`, cause)
    }
  }

  /** Whether little was written for a while. At once when the trail is about to be closed. */
  async function isQuiet(): Promise<boolean> {
    const before = events()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TRAIL_QUIET.ms).unref()
      hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    return isFinishing || events() - before <= TRAIL_QUIET.events
  }

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const mayArchive = isFinishing || (await isQuiet()) || waiting.length > TRAIL_UNARCHIVED_MAX
      const next = mayArchive ? waiting.shift() : undefined
      if (next !== undefined) await archive(next)
    }
    working = undefined
  }

  return {
    archive(segment) {
      waiting.push(segment)
      working ??= work()
    },
    async finish() {
      isFinishing = true
      hurry()
      await working
    },
  }
}
