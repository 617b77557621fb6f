import { error } from '../../domain/error.ts'
import { operation } from '../../request/operation.ts'
import type { Change } from '../../request/ports.ts'
import { configurationItem } from './alarm.ts'
import { alarmTargets } from './alarm-target.ts'
import * as shapes from './shapes.ts'

/**
 * Deletes alarms, all of them or none. Their history stays.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
 */
export const DeleteAlarms = operation({
  name: 'DeleteAlarms',
  input: { AlarmNames: shapes.AlarmNames },
  errors: ['ResourceNotFound'],
  readOnly: false,
  quota: 'management',
  states: 'any',
  targets: async ({ AlarmNames }, { scope }) => alarmTargets('cloudwatch:DeleteAlarms', scope, AlarmNames),
  async run({ AlarmNames }, _granted, { caller: { scope }, store, clock }) {
    const changes: Change[] = []
    for (const name of new Set(AlarmNames)) {
      const alarm = await store.findAlarm(scope, name)
      if (!alarm) return error('ResourceNotFound', `The alarm ${name} does not exist.`)
      const item = configurationItem('Delete', alarm, clock.now())
      changes.push({ kind: 'delete-alarm', alarm }, { kind: 'add-alarm-history', item })
    }
    return { output: {}, changes }
  },
})
