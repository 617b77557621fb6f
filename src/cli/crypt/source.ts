import { fstatSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { FILE_READ_BYTES } from '../../domain/limits.ts'
import { type Failure, failure, systemCode } from '../failure.ts'

/** What is read: its beginning, which decides how it is handled, and all of it. */
export type Source = Disposable & {
  /** At least as many bytes as were asked for, or all there are. */
  readonly head: Buffer
  readonly isWhole: boolean
  /** Absent where nobody knows, as for a pipe. */
  readonly sizeBytes: number | undefined
  /** The bytes from the first one on; to be read once. */
  all(): AsyncIterable<Buffer>
}

/**
 * Opens a file, or standard input, and reads its beginning.
 *
 * @param headBytes - how many bytes the caller has to see.
 * @param abortSignal - ends a wait for input that may never come; what waits then throws.
 */
export async function openSource(
  path: string | undefined,
  headBytes: number,
  abortSignal: AbortSignal,
): Promise<Source | Failure> {
  try {
    if (path === undefined) {
      const stream = addAbortSignal(abortSignal, process.stdin)
      return await begin(stream, sizeOf(fstatSync(process.stdin.fd)), headBytes)
    }
    const file = await open(path)
    const stream = addAbortSignal(abortSignal, file.createReadStream({ highWaterMark: FILE_READ_BYTES }))
    return await begin(stream, sizeOf(await file.stat()), headBytes)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined || abortSignal.aborted) throw cause
    return failure(`${path ?? 'standard input'} cannot be read: ${code}`)
  }
}

function sizeOf(stat: { isFile(): boolean; readonly size: number }): number | undefined {
  return stat.isFile() ? stat.size : undefined
}

async function begin(stream: Readable, sizeBytes: number | undefined, headBytes: number): Promise<Source> {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]()
  const parts: Buffer[] = []
  let bytes = 0
  let isWhole = false
  while (bytes < headBytes && !isWhole) {
    const { done, value } = await chunks.next()
    if (done) isWhole = true
    else bytes += parts.push(value) && value.length
  }
  const head = Buffer.concat(parts)
  async function* all(): AsyncIterable<Buffer> {
    yield head
    if (!isWhole) yield* { [Symbol.asyncIterator]: () => chunks }
  }
  return { head, isWhole, sizeBytes, all, [Symbol.dispose]: () => stream.destroy() }
}
