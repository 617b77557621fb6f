import type { Operation, Service } from '../../request/operation.ts'
import { ListAlarms, TestAlarm } from './alarms.ts'
import { EvaluateCompliance } from './EvaluateCompliance.ts'
import { ExplainDecision } from './ExplainDecision.ts'
import { GetKeyActivity } from './GetKeyActivity.ts'
import { PutCheckpoint } from './PutCheckpoint.ts'
import { AddService, ListServices, RemoveService } from './services.ts'
import { TestPolicy } from './TestPolicy.ts'
import { WhoCan } from './WhoCan.ts'

/** Operations that AWS does not have. */
export const OPERATIONS: readonly Operation[] = [
  AddService,
  EvaluateCompliance,
  ExplainDecision,
  GetKeyActivity,
  ListAlarms,
  ListServices,
  RemoveService,
  PutCheckpoint,
  TestAlarm,
  TestPolicy,
  WhoCan,
]

/** Trent's own service: what it can tell about its decisions. Identity policies alone give its actions, `trent:…`. */
export const control: Service = {
  name: 'trent',
  eventSource: 'control.trent',
  protocol: 'json',
  targetPrefix: 'TrentControl',
  operations: new Map(OPERATIONS.map((operation) => [operation.name, operation])),
}
