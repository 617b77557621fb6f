import { readFileSync } from 'node:fs'
import type { Config } from './config.ts'
import type { Alarm, AlarmStateValue } from './domain/alarm.ts'
import type { AccountId } from './domain/arn.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import { WEBHOOK_SECRET_BYTES } from './domain/limits.ts'
import type { Notices } from './notices/notices.ts'
import type { Webhook } from './notices/webhook.ts'
import type { Log } from './request/log.ts'
import type { Clock, Store } from './request/ports.ts'
import type { Unusual } from './request/unusual.ts'
import type { Finding, KeptFinding } from './trail/watch/finding.ts'

/** Where findings are read from. */
export type Findings = {
  after(number: number, limit: number): Promise<readonly KeptFinding[]>
  before(accounts: readonly string[], number: number, limit: number): Promise<readonly KeptFinding[]>
}

export type UnusualParts = {
  readonly config: Config
  readonly account: AccountId
  readonly store: Store
  readonly log: Log
  readonly clock: Clock
}

export type OpenUnusual = Unusual & {
  /** Tells that a metric alarm has come to another state. */
  tell(alarm: Alarm, was: AlarmStateValue): void
  close(): Promise<void>
}

const off = () => error('UnsupportedOperationException', 'Nothing is watched: start Trent with --alarms.')

/** The secret is the content of a file without the line break at its end. */
function webhookOf({ alarms }: Config): Webhook | undefined | ServiceError {
  if (!alarms?.webhook) return undefined
  const { url, secretPath } = alarms.webhook
  const secret = Buffer.from(readFileSync(secretPath, 'utf8').replace(/\r?\n$/, ''))
  const { min, max } = WEBHOOK_SECRET_BYTES
  if (secret.length >= min && secret.length <= max) return { url, secret }
  return error('KMSInternalException', `${secretPath}: a secret for alarms has ${min} to ${max} bytes`)
}

const wholeSeconds = (time: number) => new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z')

function alarmNotice({ account, region, name, state }: Alarm, was: AlarmStateValue): Finding {
  return {
    id: `${region}:${name}:${state.updatedAt}:metric-alarm`,
    kind: 'metric-alarm',
    time: wholeSeconds(state.updatedAt),
    account,
    region,
    principal: '',
    source: '',
    event: { id: '', name },
    suppressed: 0,
    text: `The alarm ${name} went from ${was} to ${state.value}. ${state.reason}`,
  }
}

/**
 * Tells what is found to log and webhook, and lists it.
 *
 * @param findings - absent: nothing is watched.
 */
export async function openUnusual(
  findings: Findings | undefined,
  { config, account, store, log, clock }: UnusualParts,
): Promise<OpenUnusual | ServiceError> {
  if (!findings)
    return { list: async () => off(), test: async () => off(), tell: () => undefined, close: async () => undefined }
  const webhook = webhookOf(config)
  if (isError(webhook)) return webhook
  const { openNotices } = await import('./notices/notices.ts')
  const notices: Notices = openNotices({ store, log, findings: findings.after, ...(webhook ? { webhook } : {}) })
  return {
    // Callers who were not authenticated are of nobody's account; who runs the installation learns of them.
    list: (owner, before, limit) => findings.before(owner === account ? [owner, ''] : [owner], before, limit),
    test: (scope, requestId) =>
      notices.test({
        id: `${requestId}:test`,
        kind: 'test',
        time: wholeSeconds(clock.now()),
        account: scope.account,
        region: scope.region,
        principal: '',
        source: '',
        event: { id: requestId, name: 'TestAlarm' },
        suppressed: 0,
        text: 'This is a test: nothing unusual happened.',
      }),
    tell: (alarm, was) => notices.tell(alarmNotice(alarm, was)),
    close: () => notices.close(),
  }
}
