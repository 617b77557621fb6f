import { readFileSync } from 'node:fs'
import { KMSClient } from '@aws-sdk/client-kms'
import { parseConfig } from '../../integrations/kes/config.ts'
import { serveKes } from '../../integrations/kes/server.ts'
import { VERSION } from '../../version.ts'
import { findService } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure, systemCode } from '../failure.ts'
import { plainText } from '../show.ts'
import { stopSignal } from '../stop-signal.ts'

/** Milliseconds that one request of KMS may take. */
const REQUEST_TIMEOUT_MS = 5_000

/** Serves KES's API until a signal stops it. */
export async function kes(options: ClientOptions & { readonly config: string }): Promise<Failure | undefined> {
  try {
    const config = parseConfig(readFileSync(options.config, 'utf8'), process.env)
    if ('kind' in config) return failure(`${options.config} cannot be used: ${config.message}`)
    const tls = { key: readFileSync(config.tls.key), cert: readFileSync(config.tls.cert) }
    const stopped = stopSignal()
    const service = await findService(options)
    if (isFailure(service)) return service
    const requestHandler = {
      connectionTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    }
    const usual = new KMSClient({ ...service, requestHandler })
    const clients = new Map(
      [...config.profiles].map(([identity, profile]) => [
        identity,
        new KMSClient({ endpoint: service.endpoint, region: service.region, requestHandler, profile }),
      ]),
    )
    const log = (line: string) => process.stderr.write(`trent: ${plainText(line)}\n`)
    const clientOf = (identity: string) => clients.get(identity) ?? usual
    const running = await serveKes({ config, tls, clientOf, version: VERSION, log })
    process.stdout.write(`Trent listens at https://${config.host}:${running.port} with the API of KES.\n`)
    await stopped
    await running.stop()
    for (const client of [usual, ...clients.values()]) client.destroy()
    return undefined
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined || !(cause instanceof Error)) throw cause
    return failure(cause.message)
  }
}
