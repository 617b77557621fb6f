import { boolean, double, integer, list, optional, structure, text } from '../../protocol/shape.ts'
import * as shapes from './shapes.ts'

const Tag = structure({ Key: text(1, 128), Value: text(0, 256) })

/** What PutMetricAlarm takes. */
export const PUT_METRIC_ALARM = {
  AlarmName: shapes.AlarmName,
  AlarmDescription: optional(text(0, 1024)),
  ActionsEnabled: optional(boolean()),
  OKActions: optional(shapes.ResourceList),
  AlarmActions: optional(shapes.ResourceList),
  InsufficientDataActions: optional(shapes.ResourceList),
  MetricName: optional(shapes.MetricName),
  Namespace: optional(shapes.Namespace),
  Statistic: optional(shapes.Statistic),
  ExtendedStatistic: optional(text()),
  Dimensions: optional(shapes.Dimensions),
  Period: optional(shapes.Period),
  Unit: optional(shapes.StandardUnit),
  EvaluationPeriods: optional(integer(1)),
  DatapointsToAlarm: optional(integer(1)),
  Threshold: optional(double()),
  ComparisonOperator: optional(shapes.ComparisonOperator),
  TreatMissingData: optional(text(1, 255)),
  EvaluateLowSampleCountPercentile: optional(text(1, 255)),
  Metrics: optional(list(shapes.MetricDataQuery)),
  Tags: optional(list(Tag)),
  ThresholdMetricId: optional(text(1, 255)),
  EvaluationCriteria: optional(
    structure({
      PromQLCriteria: optional(
        structure({
          Query: text(1, 10_000),
          PendingPeriod: optional(integer(0, 86_400)),
          RecoveryPeriod: optional(integer(0, 86_400)),
        }),
      ),
    }),
  ),
  EvaluationInterval: optional(integer(10, 3600)),
}
