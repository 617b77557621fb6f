import { Presets, SingleBar } from 'cli-progress'

/** Below this a bar would be gone before it is seen. */
const SHOWN_FROM_BYTES = 16_777_216
const MEGABYTE = 1_000_000
const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(1)

/** Passes bytes on, and shows on a terminal how many of them went by. */
export async function* counted(chunks: AsyncIterable<Buffer>, sizeBytes: number | undefined): AsyncIterable<Buffer> {
  if (process.stderr.isTTY !== true || (sizeBytes !== undefined && sizeBytes < SHOWN_FROM_BYTES)) return yield* chunks
  const bar = barOf(sizeBytes)
  bar.start(sizeBytes ?? 0, 0, { done: megabytes(0) })
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      yield chunk
      bytes += chunk.length
      bar.update(bytes, { done: megabytes(bytes) })
    }
  } finally {
    bar.stop()
  }
}

function barOf(sizeBytes: number | undefined): SingleBar {
  const format = sizeBytes === undefined ? '{done} MB' : `{bar} {percentage} %  {done} of ${megabytes(sizeBytes)} MB`
  return new SingleBar(
    { format, stream: process.stderr, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  )
}
