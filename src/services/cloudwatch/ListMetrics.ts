import { error, isError } from '../../domain/error.ts'
import { boolean, list, oneOf, optional, structure, text } from '../../protocol/shape.ts'
import { EXPIRATION } from '../../request/alarms/figures.ts'
import { type Dimension, KMS_NAMESPACE, minuteOf } from '../../request/metric-history.ts'
import { operation } from '../../request/operation.ts'
import { anything } from '../../request/targets.ts'
import * as shapes from './shapes.ts'
import { numberAt, tokenOf } from './tokens.ts'

/** Metrics of one answer, and for how long one without new data is listed. Source: ListMetrics, two weeks. */
const PAGE = 500
const LISTED_MS = 14 * 86_400_000
const RECENT_MS = 3 * 3_600_000

type Listed = { readonly namespace: string; readonly name: string; readonly dimensions: readonly Dimension[] }
type Filters = {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[]
}

function isWanted({ namespace, name, dimensions }: Listed, filters: Filters): boolean {
  const { Namespace = namespace, MetricName = name, Dimensions = [] } = filters
  const has = ({ Name, Value }: { readonly Name: string; readonly Value?: string }) =>
    dimensions.some(([each, value]) => each === Name && (Value === undefined || Value === value))
  return namespace === Namespace && name === MetricName && Dimensions.every(has)
}

/**
 * The metrics that have data. A page may have fewer than it could and still be followed by another.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
 */
export const ListMetrics = operation({
  name: 'ListMetrics',
  input: {
    Namespace: optional(shapes.Namespace),
    MetricName: optional(shapes.MetricName),
    Dimensions: optional(list(structure({ Name: text(1, 255), Value: optional(text(1, 1024)) }), undefined, 10)),
    NextToken: optional(shapes.NextToken),
    RecentlyActive: optional(oneOf('PT3H')),
    IncludeLinkedAccounts: optional(boolean()),
    OwningAccount: optional(text(1, 255)),
  },
  output: {
    Metrics: optional(list(shapes.Metric)),
    NextToken: optional(text()),
    OwningAccounts: optional(list(text())),
  },
  errors: ['InternalServiceFault', 'InvalidParameterValueException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async (_input, { scope }) => ({ all: anything('cloudwatch:ListMetrics', scope) }),
  async run({ NextToken, ...input }, _granted, { caller: { scope }, store, clock, cloudTrail }) {
    const after = numberAt(input, NextToken)
    if (isError(after)) return error('InvalidParameterValueException', after.message)
    const since = minuteOf(clock.now() - (input.RecentlyActive ? RECENT_MS : LISTED_MS))
    const series = await cloudTrail.metrics.series({ ...scope, since, after: after ?? 0, limit: PAGE })
    if (isError(series)) return series
    const last = series.at(-1)
    const isLast = series.length < PAGE || !last
    // Keys with expiring material come with the last page: they are few.
    const expiring = isLast ? await store.materialExpiries(PAGE, scope) : []
    const listed: readonly Listed[] = [
      ...series,
      ...expiring.map(({ keyId }) => ({
        namespace: KMS_NAMESPACE,
        name: EXPIRATION,
        dimensions: [['KeyId', keyId] as const],
      })),
    ]
    const wanted = listed.filter((each) => isWanted(each, input))
    return {
      output: {
        Metrics: wanted.map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })),
        })),
        ...(input.IncludeLinkedAccounts ? { OwningAccounts: wanted.map(() => scope.account) } : {}),
        ...(isLast ? {} : { NextToken: tokenOf(input, last.id) }),
      },
    }
  },
})
