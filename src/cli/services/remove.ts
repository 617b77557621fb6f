import type { ClientOptions } from '../client-options.ts'
import { controlClient } from '../control/call.ts'
import { type Failure, isFailure } from '../failure.ts'

/** Forgets a service. */
export async function removeService(name: string, options: ClientOptions): Promise<Failure | undefined> {
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const answer = await client('RemoveService', { Name: name })
  return isFailure(answer) ? answer : undefined
}
