import { explainOffline } from '../../why.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure, systemCode } from '../failure.ts'
import { plainText, type ShowOptions, showJson } from '../show.ts'
import { type Answer, controlClient } from './call.ts'
import { everyPage } from './pages.ts'

/** Prints why a call was answered as it was: asked of the service, or read from the trail in a data directory. */
export async function why(requestId: string, options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  const { data, ...others } = options
  return data === undefined ? whyFromService(requestId, others) : whyFromTrail(requestId, data, options)
}

async function whyFromService(requestId: string, options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  const client = await controlClient(options)
  if (isFailure(client)) return client
  let call: Answer | undefined
  const failed = await everyPage(client, 'ExplainDecision', { RequestId: requestId }, (answer) => {
    call = parseCall(answer)
    return call ? 'done' : {}
  })
  if (failed || !call) return failed ?? notRecorded(requestId)
  if (options.json) showJson(call)
  else printLines(parseWords(call))
  return undefined
}

async function whyFromTrail(requestId: string, data: string, { json }: ShowOptions): Promise<Failure | undefined> {
  try {
    const found = await explainOffline(data, requestId)
    if (!found) return notRecorded(requestId)
    if (json) showJson(JSON.parse(found.event))
    else printLines(found.words)
    return undefined
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`the trail in ${data} cannot be read: ${code}`)
  }
}

const notRecorded = (requestId: string) => failure(`no call with the request id ${requestId} is recorded`)

function printLines(lines: readonly string[]): void {
  process.stdout.write(`${lines.map(plainText).join('\n')}\n`)
}

function parseCall({ Call }: Answer): Answer | undefined {
  return typeof Call === 'object' && Call !== null ? (Call as Answer) : undefined
}

function parseWords({ Words }: Answer): readonly string[] {
  return Array.isArray(Words) ? Words.map(String) : []
}
