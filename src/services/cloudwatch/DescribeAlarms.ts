import type { Alarm } from '../../domain/alarm.ts'
import { isError } from '../../domain/error.ts'
import { list, optional, structure, text } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { shownAlarm } from './alarm.ts'
import * as shapes from './shapes.ts'
import { textAt, tokenOf } from './tokens.ts'

/** Alarms of one answer when the request names no number. Source: observed. */
const PAGE = 50

/**
 * Metric alarms by name, prefix, state or action. There are no composite alarms, whose list is always empty.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export const DescribeAlarms = operation({
  name: 'DescribeAlarms',
  input: {
    AlarmNames: optional(shapes.AlarmNames),
    AlarmNamePrefix: optional(text(1, 255)),
    AlarmTypes: optional(shapes.AlarmTypes),
    ChildrenOfAlarmName: optional(shapes.AlarmName),
    ParentsOfAlarmName: optional(shapes.AlarmName),
    StateValue: optional(shapes.StateValue),
    ActionPrefix: optional(text(1, 1024)),
    MaxRecords: optional(shapes.MaxRecords),
    NextToken: optional(shapes.NextToken),
  },
  output: {
    CompositeAlarms: optional(list(structure({}))),
    MetricAlarms: optional(list(shapes.MetricAlarm)),
    NextToken: optional(text()),
  },
  errors: ['InvalidNextToken'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('cloudwatch:DescribeAlarms') }),
  async run(input, _granted, { caller: { scope }, store }) {
    const { NextToken, MaxRecords: limit = PAGE, AlarmNames, AlarmNamePrefix: prefix, AlarmTypes, ...filters } = input
    const question = { AlarmNames, prefix, ...filters }
    const from = textAt(question, NextToken)
    if (isError(from)) return from
    const isOfMetrics = AlarmTypes === undefined || AlarmTypes.length === 0 || AlarmTypes.includes('MetricAlarm')
    const isOfComposites = filters.ChildrenOfAlarmName !== undefined || filters.ParentsOfAlarmName !== undefined
    if (!isOfMetrics || isOfComposites) return { output: { CompositeAlarms: [], MetricAlarms: [] } }
    const found: Alarm[] = []
    let after = from
    for (;;) {
      const page = await store.listAlarms(scope, {
        limit,
        ...(after === undefined ? {} : { after }),
        ...(prefix === undefined ? {} : { prefix }),
      })
      found.push(...page.filter((alarm) => isWanted(alarm, input)))
      after = page.at(-1)?.name
      if (page.length < limit || found.length > limit) break
    }
    const shown = found.slice(0, limit)
    const last = shown.at(-1)
    return {
      output: {
        CompositeAlarms: [],
        MetricAlarms: shown.map(shownAlarm),
        ...(found.length > limit && last ? { NextToken: tokenOf(question, last.name) } : {}),
      },
    }
  },
})

type Filters = {
  readonly AlarmNames?: readonly string[]
  readonly StateValue?: string
  readonly ActionPrefix?: string
}

function isWanted(alarm: Alarm, { AlarmNames, StateValue, ActionPrefix }: Filters): boolean {
  if (AlarmNames !== undefined && AlarmNames.length > 0 && !AlarmNames.includes(alarm.name)) return false
  if (StateValue !== undefined && alarm.state.value !== StateValue) return false
  const actions = [...alarm.alarmActions, ...alarm.okActions, ...alarm.insufficientDataActions]
  return ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix))
}
