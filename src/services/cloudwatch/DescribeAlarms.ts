import type { Alarm } from '../../domain/alarm.ts'
import type { Scope } from '../../domain/arn.ts'
import { isError } from '../../domain/error.ts'
import { ALARMS_AT_ONCE } from '../../domain/limits.ts'
import { list, optional, structure, text } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { Store } from '../../request/ports.ts'
import { shownAlarm } from './alarm.ts'
import { alarmTargets } from './alarm-target.ts'
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
  // Whichever are named, all of them are asked for. Source: CloudWatch user guide, example policies.
  targets: async (_input, { scope }) => alarmTargets('cloudwatch:DescribeAlarms', scope, ['*']),
  async run(input, _granted, { caller: { scope }, store }) {
    const { NextToken, MaxRecords: limit = PAGE, AlarmNames, AlarmNamePrefix: prefix, AlarmTypes, ...filters } = input
    const question = { AlarmNames, prefix, ...filters }
    const from = textAt(question, NextToken)
    if (isError(from)) return from
    const isOfMetrics = AlarmTypes === undefined || AlarmTypes.length === 0 || AlarmTypes.includes('MetricAlarm')
    const isOfComposites = filters.ChildrenOfAlarmName !== undefined || filters.ParentsOfAlarmName !== undefined
    if (!isOfMetrics || isOfComposites) return { output: { CompositeAlarms: [], MetricAlarms: [] } }
    const found = await alarmsFrom(store, scope, input, { from, most: limit + 1 })
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
  readonly AlarmNamePrefix?: string
  readonly StateValue?: string
  readonly ActionPrefix?: string
}

/** Alarms after a name in order of name, as many as are asked for; those of names are looked up one by one. */
async function alarmsFrom(
  store: Pick<Store, 'findAlarm' | 'listAlarms'>,
  scope: Scope,
  filters: Filters,
  { from = '', most }: { readonly from: string | undefined; readonly most: number },
): Promise<readonly Alarm[]> {
  const { AlarmNames = [], AlarmNamePrefix: prefix = '' } = filters
  const found: Alarm[] = []
  for (const name of [...new Set(AlarmNames)].sort()) {
    const alarm = name > from ? await store.findAlarm(scope, name) : undefined
    if (alarm && isWanted(alarm, filters)) found.push(alarm)
  }
  if (AlarmNames.length > 0) return found
  for (let after = from; found.length < most; ) {
    const page = await store.listAlarms(scope, { after, prefix, limit: ALARMS_AT_ONCE })
    found.push(...page.filter((alarm) => isWanted(alarm, filters)))
    const last = page.at(-1)
    if (!last || page.length < ALARMS_AT_ONCE) break
    after = last.name
  }
  return found
}

function isWanted(alarm: Alarm, { AlarmNamePrefix: prefix = '', StateValue, ActionPrefix }: Filters): boolean {
  if (!alarm.name.startsWith(prefix)) return false
  if (StateValue !== undefined && alarm.state.value !== StateValue) return false
  const actions = [...alarm.alarmActions, ...alarm.okActions, ...alarm.insufficientDataActions]
  return ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix))
}
