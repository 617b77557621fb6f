import { error } from '../../domain/error.ts'
import { optional, text } from '../../protocol/shape.ts'
import { moved } from '../../request/alarms/evaluation.ts'
import { operation } from '../../request/operation.ts'
import { alarmTargets } from './alarm-target.ts'
import * as shapes from './shapes.ts'

function isJson(given: string): boolean {
  try {
    JSON.parse(given)
    return true
  } catch (cause) {
    if (cause instanceof SyntaxError) return false
    throw cause
  }
}

/**
 * Puts an alarm into a state until it is evaluated again, which is at the next full minute.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
 */
export const SetAlarmState = operation({
  name: 'SetAlarmState',
  input: {
    AlarmName: shapes.AlarmName,
    StateValue: shapes.StateValue,
    StateReason: text(0, 1023),
    StateReasonData: optional(text(0, 4000)),
  },
  errors: ['ResourceNotFound', 'InvalidFormatFault'],
  readOnly: false,
  quota: 'management',
  states: 'any',
  targets: async ({ AlarmName }, { scope }) => alarmTargets('cloudwatch:SetAlarmState', scope, [AlarmName]),
  async run({ AlarmName, StateValue, StateReason, StateReasonData }, _granted, { caller: { scope }, store, clock }) {
    if (StateReasonData !== undefined && !isJson(StateReasonData))
      return error('InvalidFormatFault', 'Data was not syntactically valid JSON.')
    const was = await store.findAlarm(scope, AlarmName)
    if (!was) return error('ResourceNotFound', `The alarm ${AlarmName} does not exist.`)
    const { alarm, items } = moved(was, {
      value: StateValue,
      reason: StateReason,
      updatedAt: clock.now(),
      ...(StateReasonData === undefined ? {} : { reasonData: StateReasonData }),
    })
    const history = StateValue === was.state.value ? [] : items
    return {
      output: {},
      changes: [
        { kind: 'put-alarm', alarm: { ...alarm, revision: was.revision + 1 } },
        ...history.map((item) => ({ kind: 'add-alarm-history', item }) as const),
      ],
    }
  },
})
