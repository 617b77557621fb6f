import type { ClientOptions } from '../client-options.ts'
import { controlClient } from '../control/call.ts'
import { type Failure, isFailure } from '../failure.ts'
import { plainText, type ShowOptions, showJson } from '../show.ts'

/** Makes a service known and prints its credentials in AWS's ini format. */
export async function addService(name: string, options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const answer = await client('AddService', { Name: name })
  if (isFailure(answer)) return answer
  if (options.json) showJson(answer)
  else process.stdout.write(profileOf(name, parseAdded(answer)))
  return undefined
}

type Added = { readonly Service: { readonly AccessKeyId: string }; readonly SecretAccessKey: string }

function parseAdded(answer: unknown): Added {
  return answer as Added
}

function profileOf(name: string, { Service, SecretAccessKey }: Added): string {
  const lines = [`aws_access_key_id = ${Service.AccessKeyId}`, `aws_secret_access_key = ${SecretAccessKey}`]
  return `[${name}]\n${lines.map(plainText).join('\n')}\n`
}
