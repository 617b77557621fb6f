import type { ClientOptions } from '../client-options.ts'
import { controlClient } from '../control/call.ts'
import { type Failure, isFailure } from '../failure.ts'
import { type Column, type ShowOptions, showRows } from '../show.ts'

type Listed = {
  readonly Name: string
  readonly Principal: string
  readonly AccessKeyId: string
  /** Seconds since the epoch. */
  readonly CreationDate: number
}

const COLUMNS: readonly Column<Listed>[] = [
  ['Name', (service) => service.Name],
  ['Principal', (service) => service.Principal],
  ['Access key id', (service) => service.AccessKeyId],
  ['Created', (service) => new Date(service.CreationDate * 1000).toISOString()],
]

/** Prints every service of the installation. */
export async function listServices(options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const answer = await client('ListServices', {})
  if (isFailure(answer)) return answer
  showRows(parseServices(answer.Services), COLUMNS, options)
  return undefined
}

function parseServices(services: unknown): readonly Listed[] {
  return services as readonly Listed[]
}
