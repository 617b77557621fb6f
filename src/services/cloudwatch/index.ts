import { cborCodec } from '../../protocol/cbor.ts'
import type { Operation, Service } from '../../request/operation.ts'
import { DisableAlarmActions, EnableAlarmActions } from './alarm-actions.ts'
import { DeleteAlarms } from './DeleteAlarms.ts'
import { DescribeAlarmHistory } from './DescribeAlarmHistory.ts'
import { DescribeAlarms } from './DescribeAlarms.ts'
import { GetMetricData } from './GetMetricData.ts'
import { GetMetricStatistics } from './GetMetricStatistics.ts'
import { ListMetrics } from './ListMetrics.ts'
import { PutMetricAlarm } from './PutMetricAlarm.ts'
import { SetAlarmState } from './SetAlarmState.ts'

export const OPERATIONS: readonly Operation[] = [
  DeleteAlarms,
  DescribeAlarmHistory,
  DescribeAlarms,
  DisableAlarmActions,
  EnableAlarmActions,
  GetMetricData,
  GetMetricStatistics,
  ListMetrics,
  PutMetricAlarm,
  SetAlarmState,
]

/** Amazon CloudWatch, API version 2010-08-01. */
export const cloudwatch: Service = {
  name: 'monitoring',
  eventSource: 'monitoring.amazonaws.com',
  protocol: 'json',
  targetPrefix: 'GraniteServiceVersion20100801',
  isQueryCompatible: true,
  cbor: cborCodec,
  xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
  operations: new Map(OPERATIONS.map((operation) => [operation.name, operation])),
}
