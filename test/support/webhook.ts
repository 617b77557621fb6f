import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A message as it arrived. */
export type Received = { readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** A receiver of messages on this machine, which answers what it is told to. */
export type Receiver = AsyncDisposable & {
  readonly url: string
  readonly received: readonly Received[]
  /** Answers the next messages with these statuses, and then with 204. */
  answerNext(...statuses: readonly number[]): void
  /** Until there are so many messages, or fails after a while. */
  until(count: number): Promise<readonly Received[]>
}

const WAIT_MS = 20_000

export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const statuses: number[] = []
  let arrived: () => void = () => undefined
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      received.push({ headers, body })
      response.writeHead(statuses.shift() ?? 204).end()
      arrived()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/alarms`,
    received,
    answerNext: (...next) => void statuses.push(...next),
    async until(count) {
      for (const end = Date.now() + WAIT_MS; received.length < count; ) {
        if (Date.now() > end) throw new Error(`${received.length} messages came, ${count} were expected`)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 500)
          arrived = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      return received
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
