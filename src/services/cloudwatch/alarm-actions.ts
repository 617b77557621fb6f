import { operation } from '../../request/operation.ts'
import type { Change } from '../../request/ports.ts'
import { configurationItem } from './alarm.ts'
import { alarmTargets } from './alarm-target.ts'
import * as shapes from './shapes.ts'

/** Names that no alarm has are passed over. Source: API reference, EnableAlarmActions and DisableAlarmActions. */
const switching = (name: 'EnableAlarmActions' | 'DisableAlarmActions', actionsEnabled: boolean) =>
  operation({
    name,
    input: { AlarmNames: shapes.AlarmNames },
    errors: [],
    readOnly: false,
    quota: 'management',
    states: 'any',
    targets: async ({ AlarmNames }, { scope }) => alarmTargets(`cloudwatch:${name}`, scope, AlarmNames),
    async run({ AlarmNames }, _granted, { caller: { scope }, store, clock }) {
      const changes: Change[] = []
      for (const each of new Set(AlarmNames)) {
        const was = await store.findAlarm(scope, each)
        if (!was || was.actionsEnabled === actionsEnabled) continue
        const alarm = { ...was, revision: was.revision + 1, actionsEnabled, configuredAt: clock.now() }
        const item = configurationItem('Update', alarm, clock.now())
        changes.push({ kind: 'put-alarm', alarm }, { kind: 'add-alarm-history', item })
      }
      return { output: {}, changes }
    },
  })

export const EnableAlarmActions = switching('EnableAlarmActions', true)
export const DisableAlarmActions = switching('DisableAlarmActions', false)
