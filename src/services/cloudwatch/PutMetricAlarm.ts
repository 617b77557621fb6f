import { error, isError } from '../../domain/error.ts'
import { ALARMS_PER_REGION_MAX } from '../../domain/limits.ts'
import { operation } from '../../request/operation.ts'
import { configurationItem, requestedAlarm } from './alarm.ts'
import { alarmTargets } from './alarm-target.ts'
import { PUT_METRIC_ALARM } from './put-input.ts'

/**
 * Makes an alarm over one metric, or replaces its configuration; its state stays.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
 */
export const PutMetricAlarm = operation({
  name: 'PutMetricAlarm',
  input: PUT_METRIC_ALARM,
  errors: ['LimitExceededFault'],
  readOnly: false,
  quota: 'management',
  states: 'any',
  targets: async ({ AlarmName }, { scope }) => alarmTargets('cloudwatch:PutMetricAlarm', scope, [AlarmName]),
  async run(input, _granted, { caller: { scope }, store, clock }) {
    const now = clock.now()
    const was = await store.findAlarm(scope, input.AlarmName)
    const alarm = requestedAlarm(input, { scope, was, now })
    if (isError(alarm)) return alarm
    if (!was && (await store.countAlarms(scope)) >= ALARMS_PER_REGION_MAX)
      return error('LimitExceededFault', 'The quota for alarms for this customer has already been reached.')
    const item = configurationItem(was ? 'Update' : 'Create', alarm, now)
    return {
      output: {},
      changes: [
        { kind: 'put-alarm', alarm },
        { kind: 'add-alarm-history', item },
      ],
    }
  },
})
