import { formatVolume, openKey, rekeyVolume, type VolumeFailure } from '../../integrations/volume/volume.ts'
import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure, misuse } from '../failure.ts'
import { parsePairs } from '../pair.ts'

export async function format(
  device: string,
  options: ClientOptions & { readonly key: string; readonly context?: readonly string[]; readonly force?: boolean },
): Promise<Failure | undefined> {
  const context = parsePairs('--context', options.context)
  if (isFailure(context)) return context
  const wanted = { key: options.key, context, force: options.force ?? false, uuid: crypto.randomUUID() }
  return withClient(options, async (client) => told(await formatVolume({ client, device }, wanted)))
}

export async function printKey(device: string, options: ClientOptions): Promise<Failure | undefined> {
  if (process.stdout.isTTY) return misuse('a terminal is no place for a passphrase; pass it on to cryptsetup')
  return withClient(options, async (client) => {
    const passphrase = await openKey({ client, device })
    if ('kind' in passphrase) return told(passphrase)
    process.stdout.write(passphrase)
    return undefined
  })
}

export function rekey(
  device: string,
  options: ClientOptions & { readonly key?: string },
): Promise<Failure | undefined> {
  return withClient(options, async (client) => told(await rekeyVolume({ client, device }, options.key)))
}

function told(failed: VolumeFailure | undefined): Failure | undefined {
  if (failed === undefined) return undefined
  return failure('code' in failed ? `${failed.code}: ${failed.message}` : failed.message)
}
