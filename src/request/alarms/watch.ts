import { type Alarm, type AlarmStateValue, alarmArn } from '../../domain/alarm.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import { ALARM_CATCH_UP_MINUTES, ALARMS_AT_ONCE } from '../../domain/limits.ts'
import type { Log } from '../log.ts'
import { minuteOf } from '../metric-history.ts'
import type { Store } from '../ports.ts'
import { evaluate } from './evaluation.ts'
import type { FigureParts } from './figures.ts'

export type AlarmParts = FigureParts & {
  readonly store: FigureParts['store'] & Pick<Store, 'allAlarms' | 'commit'>
  readonly log: Log
  /** Told of an alarm that has come to another state and is durable, unless its actions are off. */
  readonly onMoved?: (alarm: Alarm, was: AlarmStateValue) => void
}

/** Evaluates all alarms up to now. */
export type AlarmWatch = { run(): Promise<ServiceError | undefined> }

/** When it was evaluated last, as far as the store knows. */
const knownSince = ({ state, configuredAt }: Alarm): number => minuteOf(Math.max(state.updatedAt, configuredAt))

/** Alarms are evaluated once a minute each, one after the other; how far each came is remembered in memory alone. */
export function openAlarmWatch(parts: AlarmParts): AlarmWatch {
  const { store, clock, log, onMoved } = parts
  /** By ARN, for the alarms there are. */
  let evaluated = new Map<string, { readonly to: number; readonly revision: number }>()

  async function attend(alarm: Alarm, to: number): Promise<ServiceError | undefined> {
    const known = evaluated.get(alarmArn(alarm, alarm.name))
    // An alarm that was set by hand or configured anew is looked at from then on.
    const since = known?.revision === alarm.revision ? known.to : knownSince(alarm)
    const from = Math.max(since, to - ALARM_CATCH_UP_MINUTES)
    if (from >= to) return undefined
    const outcome = await evaluate(parts, alarm, { from, to })
    if (isError(outcome)) return outcome
    if (!outcome) return undefined
    const next = { ...outcome.alarm, revision: alarm.revision + 1 }
    const items = outcome.items.map((item) => ({ kind: 'add-alarm-history', item }) as const)
    const committed = await store.commit([{ kind: 'put-alarm', alarm: next }, ...items])
    if (isError(committed)) return committed
    // Configured anew meanwhile: the next run looks at what it is now.
    if (committed === 'conflict') return undefined
    const told = { operation: next.name, reason: next.state.reason, code: next.state.value }
    if (next.state.value === 'ALARM') log.warn('an alarm went off', told)
    else log.info('an alarm changed its state', told)
    if (next.actionsEnabled && next.state.value !== alarm.state.value) onMoved?.(next, alarm.state.value)
    return undefined
  }

  return {
    async run() {
      const to = minuteOf(clock.now())
      const seen = new Map<string, { readonly to: number; readonly revision: number }>()
      let failed: ServiceError | undefined
      let after: Pick<Alarm, 'account' | 'region' | 'name'> | undefined
      for (;;) {
        const alarms = await store.allAlarms({ limit: ALARMS_AT_ONCE, ...(after ? { after } : {}) })
        for (const alarm of alarms) {
          const failure = await attend(alarm, to)
          failed ??= failure
          if (!failure) seen.set(alarmArn(alarm, alarm.name), { to, revision: alarm.revision })
        }
        after = alarms.at(-1)
        if (alarms.length < ALARMS_AT_ONCE) break
      }
      evaluated = seen
      return failed
    },
  }
}
