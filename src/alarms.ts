import type { ServiceError } from './domain/error.ts'
import type { AlarmParts, AlarmWatch } from './request/alarms/watch.ts'
import type { Store } from './request/ports.ts'

/** Evaluates alarms every minute, once there are any. */
export type Alarms = {
  run(): Promise<ServiceError | undefined>
  stop(): Promise<void>
}

const MINUTE_MS = 60_000
/** Milliseconds after a full minute: its last calls are being recorded. */
const GRACE_MS = 2_000

/** What evaluates is loaded with the first alarm: most installations have none. */
export function openAlarms(parts: AlarmParts & { readonly store: Pick<Store, 'hasAlarms'> }): Alarms {
  const { store, clock, log } = parts
  let watch: AlarmWatch | undefined
  let running: Promise<ServiceError | undefined> = Promise.resolve(undefined)
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  async function look(): Promise<ServiceError | undefined> {
    if (isStopped || !(await store.hasAlarms())) return undefined
    watch ??= (await import('./request/alarms/watch.ts')).openAlarmWatch(parts)
    return watch.run()
  }
  const run = () => {
    running = running.then(look)
    return running
  }
  const tick = async () => {
    try {
      const failed = await run()
      if (failed) log.error('alarms could not be evaluated', { code: failed.code, cause: failed.cause })
    } catch (cause) {
      running = Promise.resolve(undefined)
      log.error('alarms could not be evaluated', { cause })
    }
    schedule()
  }
  const schedule = () => {
    if (isStopped) return
    timer = setTimeout(tick, MINUTE_MS - (clock.now() % MINUTE_MS) + GRACE_MS).unref()
  }
  schedule()
  return {
    run,
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running.catch(() => undefined)
    },
  }
}
