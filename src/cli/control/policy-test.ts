import { readFileSync } from 'node:fs'
import { REPLAYED_CALLS_MAX } from '../../domain/limits.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure, misuse, systemCode } from '../failure.ts'
import { type Column, type ShowOptions, showJson, showRows } from '../show.ts'
import { type Answer, controlClient } from './call.ts'
import { everyPage } from './pages.ts'

type Row = {
  readonly RequestId: string
  readonly Time: string
  readonly Principal: string
  readonly Action: string
  readonly Was?: string
  readonly Becomes?: string
  readonly Why?: string
  readonly IsOfDraft?: boolean
  readonly Needs?: readonly string[]
}

const COLUMNS: readonly Column<Row>[] = [
  ['Time', ({ Time }) => Time],
  ['Request id', ({ RequestId }) => RequestId],
  ['Principal', ({ Principal }) => Principal],
  ['Action', ({ Action }) => Action],
  ['Answer', ({ Was, Becomes }) => (Becomes === undefined ? 'cannot be told' : `${Was} -> ${Becomes}`)],
  [
    'Why',
    ({ Why, IsOfDraft, Needs = [] }) =>
      Why === undefined
        ? `hangs on ${Needs.join(', ')}`
        : `${Why}${IsOfDraft ? '' : ' (not for the draft: other policies changed since)'}`,
  ],
]

export type TestOptions = ClientOptions & ShowOptions & { readonly limit?: string }

/** Prints the recorded calls on a key that a draft would answer otherwise, and those that cannot be told. */
export async function testPolicy(key: string, file: string, options: TestOptions): Promise<Failure | undefined> {
  const limit = Number(options.limit ?? REPLAYED_CALLS_MAX)
  if (!Number.isInteger(limit) || limit < 1 || limit > REPLAYED_CALLS_MAX)
    return misuse(`--limit takes a number from 1 to ${REPLAYED_CALLS_MAX}, not '${options.limit}'`)
  const draft = readDraft(file)
  if (isFailure(draft)) return draft
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const total = { Replayed: 0, Flips: [] as readonly Row[], Undecided: [] as readonly Row[], LocksOutCaller: false }
  const failed = await everyPage(client, 'TestPolicy', { KeyId: key, Policy: draft, Limit: limit }, (answer) => {
    total.Replayed += Number(answer.Replayed)
    total.Flips = [...total.Flips, ...parseRows(answer.Flips)]
    total.Undecided = [...total.Undecided, ...parseRows(answer.Undecided)]
    total.LocksOutCaller ||= answer.LocksOutCaller === true
    return total.Replayed >= limit ? 'done' : { Limit: limit - total.Replayed }
  })
  if (failed) return failed
  if (options.json) showJson(total)
  else show(total)
  return undefined
}

function show({
  Replayed,
  Flips,
  Undecided,
  LocksOutCaller,
}: {
  readonly Replayed: number
  readonly Flips: readonly Row[]
  readonly Undecided: readonly Row[]
  readonly LocksOutCaller: boolean
}): void {
  showRows([...Flips, ...Undecided], COLUMNS, {})
  const lines = [`${Replayed} calls decided again: ${Flips.length} answers flip, ${Undecided.length} cannot be told.`]
  if (LocksOutCaller) lines.push('PutKeyPolicy would refuse this draft from you: you could not change it again.')
  process.stderr.write(`${lines.join('\n')}\n`)
}

function readDraft(file: string): string | Failure {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${file} cannot be read: ${code}`)
  }
}

function parseRows(value: Answer[string]): readonly Row[] {
  return Array.isArray(value) ? (value as Row[]) : []
}
