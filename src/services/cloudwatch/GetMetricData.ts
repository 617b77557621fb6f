import { STATISTICS } from '../../domain/alarm.ts'
import type { Scope } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { METRIC_DATA_POINTS_MAX, METRIC_QUERIES_MAX } from '../../domain/limits.ts'
import { double, integer, list, optional, structure, text, timestamp, type ValueOf } from '../../protocol/shape.ts'
import { type FigureParts, isPercentile, statisticOf } from '../../request/alarms/figures.ts'
import { operation } from '../../request/operation.ts'
import { anything } from '../../request/targets.ts'
import { isPeriod } from './alarm.ts'
import * as shapes from './shapes.ts'
import { numberAt, tokenOf } from './tokens.ts'
import { bucketsOf, metricName } from './window.ts'

const MessageData = structure({ Code: optional(text()), Value: optional(text()) })
const MetricDataResult = structure({
  Id: optional(text()),
  Label: optional(text()),
  Timestamps: optional(list(timestamp())),
  Values: optional(list(double())),
  StatusCode: optional(text()),
  Messages: optional(list(MessageData)),
})

type Query = ValueOf<typeof shapes.MetricDataQuery>
type Span = { readonly from: number; readonly to: number; readonly isAscending: boolean }
type Point = readonly [time: number, value: number]

const ID = /^[a-z][a-zA-Z0-9_]*$/
const wrong = (message: string) => error('ValidationException', message)

function refusedQuery({ Id, MetricStat, Expression }: Query): ServiceError | undefined {
  if (!ID.test(Id))
    return wrong(
      `The value ${Id} for parameter Id must begin with a small letter, and have letters, digits and underscores alone.`,
    )
  if (Expression !== undefined) return wrong(`Error in expression '${Id}': Metric math is not supported.`)
  if (MetricStat === undefined) return wrong(`The query ${Id} has neither MetricStat nor Expression.`)
  const { Period, Stat, Metric } = MetricStat
  if (!isPeriod(Period)) return wrong('The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.')
  if (Metric.Namespace === undefined || Metric.MetricName === undefined)
    return wrong(`The metric of the query ${Id} has no Namespace or no MetricName.`)
  const isKnown = STATISTICS.some((each) => each === Stat) || isPercentile(Stat)
  return isKnown ? undefined : wrong(`The value ${Stat} for parameter MetricStat.Stat is not supported.`)
}

function refusal(queries: readonly Query[], { from, to }: Span): ServiceError | undefined {
  if (queries.length === 0) return wrong('The parameter MetricDataQueries is required.')
  if (queries.length > METRIC_QUERIES_MAX)
    return wrong(`The collection MetricDataQueries must not have a size greater than ${METRIC_QUERIES_MAX}.`)
  if (from >= to) return wrong('The parameter StartTime must be less than the parameter EndTime.')
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length)
    return wrong('The values for parameter Id in MetricDataQueries must be unique.')
  return queries.map(refusedQuery).find((each) => each !== undefined)
}

async function pointsOf(
  parts: FigureParts,
  scope: Scope,
  query: Query,
  span: Span,
): Promise<readonly Point[] | ServiceError> {
  const { MetricStat } = query
  if (!MetricStat || (query.AccountId !== undefined && query.AccountId !== scope.account)) return []
  const { Metric, Period: period, Stat, Unit: unit } = MetricStat
  const { from, to, isAscending } = span
  const buckets = await bucketsOf(parts, {
    scope,
    metric: metricName(Metric),
    from,
    to,
    period,
    ...(unit === undefined ? {} : { unit }),
  })
  if (isError(buckets)) return buckets
  const points = buckets.map(({ start, figures }) => [start * 1_000, statisticOf(figures, Stat)] as const)
  return isAscending ? points : points.toReversed()
}

/**
 * The data points of a page. `skip` of them were on pages before; a query that is not whole yet says so.
 *
 * @returns where the next page begins, when there is one.
 */
function paged(results: readonly (readonly [Query, readonly Point[]])[], skip: number, limit: number) {
  let before = 0
  const shown = results.flatMap(([{ Id, Label, MetricStat }, points]) => {
    const start = Math.min(Math.max(skip - before, 0), points.length)
    const end = Math.min(Math.max(skip + limit - before, 0), points.length)
    before += points.length
    const part = points.slice(start, end)
    if (part.length === 0 && (points.length > 0 || skip > 0)) return []
    return [
      {
        Id,
        Label: Label ?? MetricStat?.Metric.MetricName ?? Id,
        Timestamps: part.map(([time]) => time),
        Values: part.map(([, value]) => value),
        StatusCode: end < points.length ? 'PartialData' : 'Complete',
      },
    ]
  })
  return { shown, next: before > skip + limit ? skip + limit : undefined }
}

/**
 * Data of several metrics at once.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export const GetMetricData = operation({
  name: 'GetMetricData',
  input: {
    MetricDataQueries: list(shapes.MetricDataQuery),
    StartTime: timestamp(),
    EndTime: timestamp(),
    NextToken: optional(shapes.NextToken),
    ScanBy: optional(shapes.ScanBy),
    MaxDatapoints: optional(integer()),
    LabelOptions: optional(structure({ Timezone: optional(text()) })),
  },
  output: {
    MetricDataResults: optional(list(MetricDataResult)),
    NextToken: optional(text()),
    Messages: optional(list(MessageData)),
  },
  errors: ['InvalidNextToken'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async (_input, { scope }) => ({ all: anything('cloudwatch:GetMetricData', scope) }),
  async run(input, _granted, { caller: { scope }, store, clock, cloudTrail: { metrics } }) {
    const { NextToken, MaxDatapoints = METRIC_DATA_POINTS_MAX, ...question } = input
    const { MetricDataQueries: queries, StartTime: from, EndTime: to, ScanBy } = question
    const span = { from, to, isAscending: ScanBy === 'TimestampAscending' }
    const refused = refusal(queries, span)
    if (refused) return refused
    const skip = numberAt(question, NextToken)
    if (isError(skip)) return skip
    const results: (readonly [Query, readonly Point[]])[] = []
    for (const query of queries) {
      if (query.ReturnData === false) continue
      const points = await pointsOf({ store, metrics, clock }, scope, query, span)
      if (isError(points)) return points
      results.push([query, points])
    }
    const limit = Math.min(Math.max(MaxDatapoints, 1), METRIC_DATA_POINTS_MAX)
    const { shown, next } = paged(results, skip ?? 0, limit)
    return {
      output: {
        MetricDataResults: shown,
        Messages: [],
        ...(next === undefined ? {} : { NextToken: tokenOf(question, next) }),
      },
    }
  },
})
