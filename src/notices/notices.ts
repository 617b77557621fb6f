import {
  FINDINGS_AT_ONCE,
  NOTICE_LOOK_MS,
  NOTICES_PASSING_MAX,
  WEBHOOK_ATTEMPTS_MAX,
  WEBHOOK_RETRY_MS,
} from '../domain/limits.ts'
import type { Log } from '../request/log.ts'
import type { Store } from '../request/ports.ts'
import type { Finding, KeptFinding } from '../trail/watch/finding.ts'
import { type Delivery, send, type Webhook } from './webhook.ts'

export type NoticeParts = {
  readonly store: Pick<Store, 'setting' | 'putSetting'>
  readonly log: Log
  readonly webhook?: Webhook
  /** Findings after a number, oldest first. */
  readonly findings: (after: number, limit: number) => Promise<readonly KeptFinding[]>
}

/** Tells findings: each is a line of the log and one message to the webhook, in their order. */
export type Notices = {
  /** Sends one message at once, which is in no list. */
  test(finding: Finding): Promise<Delivery>
  /** Sends a message about something that is kept elsewhere; a stop or a crash loses it when it was not taken. */
  tell(finding: Finding): void
  close(): Promise<void>
}

/** Setting: the number of the last finding that was told. */
const TOLD = 'alarms-told'

const longest = (attempt: number) => Math.min(WEBHOOK_RETRY_MS.first * 2 ** attempt, WEBHOOK_RETRY_MS.longest)

/**
 * What was told is remembered in the store after each message: after a crash one may come a second time, with the id that it
 * had, and none is lost. A webhook that takes nothing holds up what comes after, for so many attempts.
 */
export function openNotices({ store, log, webhook, findings }: NoticeParts): Notices {
  let isClosed = false
  const passing: Finding[] = []
  let wake: () => void = () => undefined
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (isClosed) return resolve()
      const timer = setTimeout(resolve, ms).unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** @returns false when it was interrupted: the next start sends it. */
  async function deliver(finding: Finding): Promise<boolean> {
    if (!webhook) return true
    for (let attempt = 0; attempt < WEBHOOK_ATTEMPTS_MAX; attempt += 1) {
      const delivery = await send(webhook, finding, Date.now())
      if (delivery.isTaken) return true
      log.warn('the webhook did not take an alarm', { reason: delivery.reason, requestId: finding.id })
      await pause(longest(attempt))
      if (isClosed) return false
    }
    log.error('an alarm is given up: the webhook did not take it', { requestId: finding.id })
    return true
  }

  /** Numbers begin anew when the file was lost: what was told counts only as long as it is there. */
  async function lastTold(): Promise<number> {
    const told = Number((await store.setting(TOLD)) ?? 0)
    return told === 0 || (await findings(told - 1, 1))[0]?.number === told ? told : 0
  }

  async function round(): Promise<boolean> {
    for (let finding = passing.shift(); finding && !isClosed; finding = passing.shift()) await deliver(finding)
    const next = await findings(await lastTold(), FINDINGS_AT_ONCE)
    for (const finding of next) {
      if (isClosed) return false
      log.warn('something unusual happened', { code: finding.kind, reason: finding.text, requestId: finding.id })
      if (!(await deliver(finding))) return false
      await store.putSetting(TOLD, String(finding.number))
    }
    return next.length === FINDINGS_AT_ONCE
  }

  async function work(): Promise<void> {
    while (!isClosed) {
      const hasMore = await round().catch((cause: unknown) => {
        log.error('alarms could not be told and will be tried again', { cause })
        return false
      })
      if (!hasMore) await pause(NOTICE_LOOK_MS)
    }
  }

  const working = work()
  return {
    test: async (finding) =>
      webhook ? send(webhook, finding, Date.now()) : { isTaken: false, reason: 'no webhook is configured' },
    tell(finding) {
      if (passing.length < NOTICES_PASSING_MAX) passing.push(finding)
      wake()
    },
    async close() {
      isClosed = true
      wake()
      await working
    },
  }
}
