import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTrent, type TestTrent } from '../support/trent.ts'

/** A server that can be started again on its data. Its time is the real one and `offset` milliseconds. */
export type TrentHolder = AsyncDisposable & {
  now(): number
  call(operation: string, input: object, region: string, account: string): ReturnType<TestTrent['kms']>
  /** Trent's time goes on by an ISO 8601 duration, or to an instant. */
  travel(order: { readonly advance: string } | { readonly set: string } | { readonly reset: true }): Promise<void>
  restart(): Promise<void>
}

/** How durable a write is is no matter here, so that memory serves as the disk where a system has it as a directory. */
const MEMORY = '/dev/shm'

export async function openServer(): Promise<TrentHolder> {
  const data = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'trent-model-'))
  let trent = await startTrent('dev', { data })
  let offset = 0
  const travel: TrentHolder['travel'] = async (order) => {
    const answer = await trent.control('POST', '/_trent/clock', order)
    if (answer.status !== 200) throw new Error(answer.text)
    // Read after the answer, so that the model's time is never ahead of Trent's.
    offset = Date.parse(JSON.parse(answer.text).now) - Date.now()
  }
  const now = () => Date.now() + offset
  return {
    now,
    call: (operation, input, region, account) => trent.kms(operation, input, { region, account }),
    travel,
    async restart() {
      await trent.close()
      trent = await startTrent('dev', { data })
      await travel({ set: new Date(now()).toISOString() })
    },
    async [Symbol.asyncDispose]() {
      await trent.close()
      await rm(data, { recursive: true, force: true })
    },
  }
}
