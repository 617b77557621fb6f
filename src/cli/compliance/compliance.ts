import { writeFileSync } from 'node:fs'
import { findService } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { controlClient } from '../control/call.ts'
import { type Failure, failure, isFailure, systemCode } from '../failure.ts'
import { type Column, type ShowOptions, showJson, showRows } from '../show.ts'
import { type Evaluation, evaluate, type Finding } from './evaluation.ts'
import { reportHtml } from './html.ts'

type Row = Finding & { readonly identifier: string }

const COLUMNS: readonly Column<Row>[] = [
  ['Rule', ({ identifier }) => identifier],
  ['Resource', ({ ResourceName }) => ResourceName],
  ['Why', ({ Why }) => Why],
  ['How to mend it', ({ Remedy }) => Remedy],
]

export type ComplianceOptions = ClientOptions & ShowOptions & { readonly report?: string }

/** Prints what every rule finds, and writes it down for others. A finding fails the command. */
export async function compliance(options: ComplianceOptions): Promise<Failure | undefined> {
  const service = await findService(options)
  if (isFailure(service)) return service
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const evaluation = await evaluate(client)
  if (isFailure(evaluation)) return evaluation
  const unwritten =
    options.report === undefined ? undefined : write(options.report, reportHtml(evaluation, service.endpoint))
  if (unwritten) return unwritten
  if (options.json) showJson(evaluation)
  else show(evaluation)
  const found = evaluation.rules.reduce((sum, { findingCount }) => sum + findingCount, 0)
  return found === 0 ? undefined : failure(`${found} found`)
}

function show({ rules, account, region, trailHead }: Evaluation): void {
  showRows(
    rules.flatMap(({ identifier, findings }) => findings.map((finding) => ({ ...finding, identifier }))),
    COLUMNS,
    {},
  )
  const checked = rules.reduce((sum, { compliant, findingCount }) => sum + compliant + findingCount, 0)
  process.stderr.write(`Account ${account}, Region ${region}: ${rules.length} rules, ${checked} checks.\n`)
  if (trailHead) process.stderr.write(`Trail: batch ${trailHead.Batch}, hash ${trailHead.Hash}\n`)
}

function write(path: string, text: string): Failure | undefined {
  try {
    writeFileSync(path, text, { mode: 0o600 })
    return undefined
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${path} cannot be written: ${code}`)
  }
}
