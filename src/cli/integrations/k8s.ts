import { serve } from '../../integrations/k8s/server.ts'
import { openClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure } from '../failure.ts'
import { parsePairs } from '../pair.ts'
import { plainText } from '../show.ts'
import { stopSignal } from '../stop-signal.ts'

export type K8sOptions = ClientOptions & {
  readonly key: string
  readonly socket: string
  readonly context?: readonly string[]
}

/** Milliseconds that one request may take. An API server gives a plugin three seconds. Source: EncryptionConfiguration, timeout. */
const REQUEST_TIMEOUT_MS = 1_000

/** Serves the plugin until a signal stops it. */
export async function k8s(options: K8sOptions): Promise<Failure | undefined> {
  const { key, socket } = options
  const context = parsePairs('--context', options.context)
  if (isFailure(context)) return context
  const stopped = stopSignal()
  const client = await openClient(options, REQUEST_TIMEOUT_MS)
  if (isFailure(client)) return client
  const log = (line: string) => process.stderr.write(`trent: ${plainText(line)}\n`)
  const running = await serve(socket, { client, key, context, log })
  if ('kind' in running) return failure(running.message)
  process.stdout.write(`The plugin listens on ${socket}.\n`)
  await stopped
  await running.stop()
  client.destroy()
  return undefined
}
