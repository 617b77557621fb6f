import { COMPLIANCE_LOOK_MS, COMPLIANCE_SOON_MS } from '../../domain/limits.ts'
import {
  type ComplianceWatch,
  RULES_SETTING,
  SCOPES_SETTING,
  type Watched,
  type WatchParts,
  watchedName,
} from './watched.ts'

/** Looks now and then, from some time after the start on, whether there are rules; what evaluates them is loaded then. */
export function openComplianceWatch(parts: WatchParts): ComplianceWatch {
  let isClosed = false
  const watched: Watched = { known: new Map(), asked: new Set(), isClosed: () => isClosed }
  let running: Promise<void> | undefined
  let isDue = false
  let timer: NodeJS.Timeout
  let isSoon = false

  const look = async () => {
    if ((await parts.store.setting(SCOPES_SETTING)) === undefined) return
    const { evaluateDue } = await import('./behind.ts')
    do {
      isDue = false
      await evaluateDue(parts, watched)
    } while (isDue && !isClosed)
  }
  const start = () => {
    if (isClosed) return
    clearTimeout(timer)
    isSoon = false
    isDue = true
    running ??= look()
      .catch((cause) => parts.log.error('rules could not be evaluated and will be tried again', { cause }))
      .finally(() => {
        running = undefined
        if (!isClosed) later(isSoon ? COMPLIANCE_SOON_MS : COMPLIANCE_LOOK_MS)
      })
  }
  const later = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(start, ms).unref()
  }
  later(COMPLIANCE_LOOK_MS)
  return {
    last: (scope, name) => watched.known.get(watchedName(scope, name)),
    isEvaluating: (scope, name) => watched.asked.has(watchedName(scope, name)),
    start(scope, names) {
      for (const name of names) watched.asked.add(watchedName(scope, name))
      start()
    },
    note(change) {
      if (change.kind === 'put-setting' && change.name.startsWith(RULES_SETTING)) return start()
      // Every change of the service comes by here: nothing is to be done for those after the first.
      if (isSoon || isClosed || watched.known.size === 0) return
      isSoon = true
      if (!running) later(COMPLIANCE_SOON_MS)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await running
    },
  }
}
