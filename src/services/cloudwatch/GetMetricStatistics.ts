import { error, isError, type ServiceError } from '../../domain/error.ts'
import { STATISTICS_POINTS_MAX } from '../../domain/limits.ts'
import { double, integer, list, numberMap, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { type Bucket, isPercentile, statisticOf, unitOf } from '../../request/alarms/figures.ts'
import { operation } from '../../request/operation.ts'
import { anything } from '../../request/targets.ts'
import { isPeriod } from './alarm.ts'
import * as shapes from './shapes.ts'
import { bucketsOf, metricName } from './window.ts'

const Datapoint = structure({
  Timestamp: optional(timestamp()),
  SampleCount: optional(double()),
  Average: optional(double()),
  Sum: optional(double()),
  Minimum: optional(double()),
  Maximum: optional(double()),
  Unit: optional(text()),
  ExtendedStatistics: optional(numberMap()),
})

type Asked = {
  readonly Statistics?: readonly string[]
  readonly ExtendedStatistics?: readonly string[]
  readonly StartTime: number
  readonly EndTime: number
  readonly Period: number
}

const wrong = (message: string) => error('InvalidParameterCombinationException', message)

/** Texts: recorded answers. */
function refusal({
  Statistics = [],
  ExtendedStatistics = [],
  StartTime,
  EndTime,
  Period,
}: Asked): ServiceError | undefined {
  if (Statistics.length === 0 && ExtendedStatistics.length === 0)
    return wrong('At least one of the parameters Statistics and ExtendedStatistics must be specified.')
  const unknown = ExtendedStatistics.find((each) => !isPercentile(each))
  if (unknown !== undefined)
    return error(
      'InvalidParameterValueException',
      `The value ${unknown} for parameter ExtendedStatistics is not supported.`,
    )
  if (StartTime >= EndTime) return wrong('The parameter StartTime must be less than the parameter EndTime.')
  if (!isPeriod(Period))
    return error('InvalidParameterValueException', 'The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.')
  const points = Math.ceil((EndTime - StartTime) / 1_000 / Period)
  if (points <= STATISTICS_POINTS_MAX) return undefined
  const shown = (count: number) => count.toLocaleString('en-US')
  return wrong(
    `You have requested up to ${shown(points)} datapoints, which exceeds the limit of ${shown(STATISTICS_POINTS_MAX)}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
  )
}

function datapoint({ start, figures }: Bucket, asked: Asked, Unit: string) {
  const { Statistics = [], ExtendedStatistics = [] } = asked
  const plain = Statistics.map((name) => [name, statisticOf(figures, name)] as const)
  const extended = new Map(ExtendedStatistics.map((name) => [name, statisticOf(figures, name)] as const))
  return {
    Timestamp: start * 1_000,
    Unit,
    ...Object.fromEntries(plain),
    ...(extended.size > 0 ? { ExtendedStatistics: extended } : {}),
  }
}

/**
 * Statistics of one metric, in no order that clients may rely on; here oldest first.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export const GetMetricStatistics = operation({
  name: 'GetMetricStatistics',
  input: {
    Namespace: shapes.Namespace,
    MetricName: shapes.MetricName,
    Dimensions: optional(shapes.Dimensions),
    StartTime: timestamp(),
    EndTime: timestamp(),
    Period: integer(1),
    Statistics: optional(list(shapes.Statistic, 1, 5)),
    ExtendedStatistics: optional(list(text(), 1, 10)),
    Unit: optional(shapes.StandardUnit),
  },
  output: { Label: optional(text()), Datapoints: optional(list(Datapoint)) },
  errors: [
    'InvalidParameterValueException',
    'MissingRequiredParameterException',
    'InvalidParameterCombinationException',
    'InternalServiceFault',
  ],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async (_input, { scope }) => ({ all: anything('cloudwatch:GetMetricStatistics', scope) }),
  async run(input, _granted, { caller: { scope }, store, clock, cloudTrail: { metrics } }) {
    const refused = refusal(input)
    if (refused) return refused
    const metric = metricName(input)
    const { StartTime: from, EndTime: to, Period: period, Unit: unit } = input
    const buckets = await bucketsOf(
      { store, metrics, clock },
      { scope, metric, from, to, period, ...(unit === undefined ? {} : { unit }) },
    )
    if (isError(buckets)) return buckets
    const shown = unitOf(metric)
    return { output: { Label: input.MetricName, Datapoints: buckets.map((each) => datapoint(each, input, shown)) } }
  },
})
