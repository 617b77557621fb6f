import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure, misuse } from '../failure.ts'
import { type Column, type ShowOptions, showRows } from '../show.ts'
import { type Answer, controlClient } from './call.ts'

type Row = { readonly Time: string; readonly Kind: string; readonly Text: string; readonly Suppressed: number }

const COLUMNS: readonly Column<Row>[] = [
  ['Time', ({ Time }) => Time],
  ['Kind', ({ Kind }) => Kind],
  ['What', ({ Text, Suppressed }) => (Suppressed > 0 ? `${Text} (${Suppressed} more before)` : Text)],
]

function parseRows({ Alarms }: Answer): readonly Row[] {
  return Array.isArray(Alarms) ? (Alarms as readonly Row[]) : []
}

/** Prints what was unusual, a line each. */
export async function listAlarms(
  options: ClientOptions & ShowOptions & { readonly limit?: string },
): Promise<Failure | undefined> {
  const { limit = '100' } = options
  if (!/^([1-9]\d{0,2}|1000)$/.test(limit)) return misuse(`--limit takes a number from 1 to 1000, not '${limit}'`)
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const answer = await client('ListAlarms', { Limit: Number(limit) })
  if (isFailure(answer)) return answer
  showRows(parseRows(answer), COLUMNS, options)
  return undefined
}

/** Has a test message sent, and prints whether it was taken. */
export async function testAlarm(options: ClientOptions): Promise<Failure | undefined> {
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const answer = await client('TestAlarm', {})
  if (isFailure(answer)) return answer
  if (answer.Delivered !== true) return failure(`the webhook did not take the message: ${String(answer.Reason)}`)
  process.stdout.write('The webhook took the message.\n')
  return undefined
}
