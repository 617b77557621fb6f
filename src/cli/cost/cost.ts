import { dataDirectory } from '../../data-directory.ts'
import { TRAIL_SEGMENT_MAX_BYTES } from '../../domain/limits.ts'
import { dollars } from '../../metering/price-list.ts'
import { amountOf, requestsOf } from '../../metering/usage.ts'
import { listSegments } from '../../trail/segment-name.ts'
import { openUsageBuilder } from '../../trail/usage/builder.ts'
import { openUsageReader, USAGE_GROUPS, type UsageGroup } from '../../trail/usage/reader.ts'
import { openUsageForReading } from '../../trail/usage/usage-file.ts'
import { openBar } from '../bar.ts'
import { type Failure, failure, misuse, systemCode } from '../failure.ts'
import { type Column, showJson, showRows } from '../show.ts'
import { aliasesIn } from '../trail/event-lines.ts'
import { type PeriodOptions, periodOf } from './period.ts'
import { type CostLine, type CostReport, costReport, reportJson } from './report.ts'

export type CostOptions = PeriodOptions & {
  readonly data: string
  readonly by?: string
  readonly limit: string
  readonly json?: boolean
}

/** Lines that can be asked for. */
const LINES_MAX = 1_000_000
const EVERYTHING = { segment: Number.MAX_SAFE_INTEGER, batch: Number.MAX_SAFE_INTEGER }
/** Decimals of a dollar that a person is shown. */
const DECIMALS = 4

const isGroup = (text: string): text is UsageGroup => USAGE_GROUPS.some((group) => group === text)

/** Reads what the trail has and was not counted yet; a running service, if it counts too, does it in turns. */
async function countTrail(segments: string, path: string): Promise<void> {
  const last = (await listSegments(segments)).segments.at(-1)?.number ?? 0
  using usage = openUsageBuilder(path)
  using bar = openBar('of the trail counted')
  await usage.follow(segments, EVERYTHING, {
    progress: ({ segment, offset }) => bar.to(Math.min(segment - 1 + offset / TRAIL_SEGMENT_MAX_BYTES, last), last),
  })
}

/** Prints what the use of a period would cost on AWS. */
export async function cost(options: CostOptions): Promise<Failure | undefined> {
  const { by = 'account' } = options
  if (!isGroup(by)) return misuse(`--by takes ${USAGE_GROUPS.join(', ')}, not '${by}'`)
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > LINES_MAX)
    return misuse(`--limit takes a number from 1 to ${LINES_MAX}, not '${options.limit}'`)
  // What is wrong with the options is said before anything is read.
  const wrong = periodOf(options, Date.now())
  if (typeof wrong === 'string') return misuse(wrong)
  const directory = dataDirectory(options.data)
  try {
    await countTrail(directory.trail, directory.usage)
    const report = reportIn(directory.usage, options, by, limit)
    if (typeof report === 'string') return misuse(report)
    if (options.json) showJson(reportJson(report))
    else show(report, by === 'key' ? aliasesIn(directory.database) : () => undefined)
    return undefined
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`the usage of ${directory.root} cannot be read: ${code}`)
  }
}

function reportIn(path: string, options: CostOptions, by: UsageGroup, limit: number): CostReport | string {
  using db = openUsageForReading(path)
  if (!db) throw new TypeError('the file of usage was made a moment ago')
  const usage = openUsageReader(db)
  // An emulator's clock may be ahead of the real one.
  const period = periodOf(options, Math.max(Date.now(), usage.latest() * 1_000))
  if (typeof period === 'string') return period
  using bar = openBar('of the days added up')
  return costReport(usage, { period, by, limit, progress: (done, of) => bar.to(done, of) })
}

const TITLES: { readonly [Group in UsageGroup]: string } = {
  account: 'Account',
  region: 'Region',
  key: 'Key',
  principal: 'Principal',
  operation: 'Operation',
}

function columnsOf(by: UsageGroup): readonly Column<CostLine>[] {
  return [
    [TITLES[by], ({ name }) => name],
    ['Requests', ({ usage }) => String(requestsOf(usage).billed)],
    ['Not billed', ({ usage }) => String(requestsOf(usage).unbilled)],
    ['Key hours', ({ usage }) => String(usage.keyHours)],
    ['Rotation hours', ({ usage }) => String(usage.rotationHours)],
    ['Requests USD', ({ usage }) => dollars(usage.requestAmount, DECIMALS)],
    ['Keys USD', ({ usage }) => dollars(usage.keyAmount, DECIMALS)],
    ['USD', ({ usage }) => dollars(amountOf(usage), DECIMALS)],
  ]
}

function show(report: CostReport, aliasOf: (arn: string) => string | undefined): void {
  const { by, lines, others, total, freeTier, period } = report
  const named = lines.map((line) => ({ ...line, name: aliasOf(line.name) ?? line.name }))
  const rest = others ? [{ name: `(${others.count} others)`, usage: others.usage }] : []
  showRows([...named, ...rest, { name: 'Total', usage: total }], columnsOf(by), {})
  const day = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ')
  process.stderr.write(
    `Free tier: ${dollars(-freeTier, DECIMALS)} USD\n` +
      `This would cost on AWS, ${day(period.from)} to ${day(period.to)} UTC: ${dollars(amountOf(total) - freeTier, DECIMALS)} USD\n`,
  )
}
