import { dataDirectory } from './data-directory.ts'
import { searchOfCall } from './request/explain/recorded.ts'
import { callLines } from './request/explain/words.ts'
import { parseRecordedCall } from './trail/recorded-call.ts'
import { searchSegments } from './trail/search.ts'

/** A recorded call, and why it was answered as it was. */
export type Explained = { readonly event: string; readonly words: readonly string[] }

/**
 * Finds a call in the trail of a data directory. Whoever may read its files may know all that they say, of every account.
 *
 * @throws as `searchSegments` does.
 */
export async function explainOffline(data: string, requestId: string): Promise<Explained | undefined> {
  const { trail } = dataDirectory(data)
  let from: number | undefined
  do {
    const { lines, next } = await searchSegments(
      trail,
      searchOfCall(requestId, () => true, from),
    )
    const event = lines.find((line) => parseRecordedCall(line)?.checks !== undefined) ?? lines[0]
    const call = event === undefined ? undefined : parseRecordedCall(event)
    if (event !== undefined && call) return { event, words: callLines(call) }
    from = next
  } while (from !== undefined)
  return undefined
}
