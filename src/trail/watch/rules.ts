import { isTracked } from '../../domain/key-usage.ts'
import { WATCH_RULES } from '../../domain/limits.ts'
import type { WatchedEvent } from './event.ts'
import type { Finding, FindingKind } from './finding.ts'
import type { WatchMemory } from './memory.ts'

/** A tag of this key makes a key a canary: nobody has a reason to use it. */
export const CANARY_TAG = 'trent:canary'

/** What a rule has found, and what it is about: the same topic is told once in a while. */
export type Candidate = {
  readonly topic: string
  readonly quietMs: number
  readonly finding: Omit<Finding, 'suppressed'>
}

const KMS = 'kms.amazonaws.com'
const isDenied = ({ errorCode }: WatchedEvent) => errorCode === 'AccessDenied'
const isUse = ({ source, name }: WatchedEvent) => source === KMS && isTracked(name)

const who = ({ principal, sourceIp }: WatchedEvent) => principal || `somebody at ${sourceIp}`

function candidate(
  event: WatchedEvent,
  kind: FindingKind,
  {
    subject,
    text,
    key,
    quietMs = WATCH_RULES.quietMs,
  }: {
    readonly subject: string
    readonly text: string
    readonly key?: string
    readonly quietMs?: number
  },
): Candidate {
  const { id, name, errorCode, time, account, region, principal, sourceIp } = event
  return {
    topic: `${kind} ${subject}`,
    quietMs,
    finding: {
      id: `${id}:${kind}`,
      kind,
      time,
      account,
      region,
      principal,
      source: sourceIp,
      ...(key === undefined ? {} : { key }),
      event: { id, name, ...(errorCode === undefined ? {} : { errorCode }) },
      text,
    },
  }
}

/** Canaries are known by the events that tagged them. */
function rememberTags(event: WatchedEvent, memory: WatchMemory): void {
  if (event.errorCode !== undefined || event.source !== KMS) return
  for (const key of event.keys) {
    if (event.tagged.includes(CANARY_TAG)) memory.setCanary(key, true)
    if (event.untagged.includes(CANARY_TAG)) memory.setCanary(key, false)
  }
}

function canary(event: WatchedEvent, key: string, memory: WatchMemory): readonly Candidate[] {
  if (!(isUse(event) || isDenied(event)) || !memory.isCanary(key)) return []
  const text = `${who(event)} called ${event.name} on the canary key ${key}.`
  return [candidate(event, 'canary-key', { subject: `${key} ${who(event)}`, key, text })]
}

const GONE = /is pending (replica )?deletion/

function unusable(event: WatchedEvent, key: string): readonly Candidate[] {
  const { errorCode, errorMessage, name } = event
  const isDisabled = errorCode === 'DisabledException'
  const isGoing = errorCode === 'KMSInvalidStateException' && GONE.test(errorMessage)
  if (!isUse(event) || !(isDisabled || isGoing)) return []
  const state = isDisabled ? 'is disabled' : 'is pending deletion'
  const text = `${who(event)} called ${name} on the key ${key}, which ${state}.`
  return [candidate(event, 'unusable-key', { subject: `${key} ${who(event)}`, key, text })]
}

/** In its first time a key learns who uses it and from where; later, what is new is told. */
function firstSeen(event: WatchedEvent, key: string, memory: WatchMemory): readonly Candidate[] {
  if (!isUse(event) || event.errorCode !== undefined) return []
  const isLearning = event.at - memory.firstUse(key, event.at) < WATCH_RULES.learningMs
  const found: Candidate[] = []
  const told = (kind: 'new-principal' | 'new-source', subject: string, text: string) => {
    if (subject === '' || !memory.isNew(key, kind, subject) || isLearning) return
    found.push(candidate(event, kind, { subject: `${key} ${subject}`, key, text }))
  }
  told('new-principal', event.principal, `${event.principal} used the key ${key} for the first time.`)
  told('new-source', event.sourceIp, `The key ${key} was used from ${event.sourceIp} for the first time.`)
  return found
}

function denials(event: WatchedEvent, memory: WatchMemory): readonly Candidate[] {
  if (!isDenied(event)) return []
  const { denials: most, denialsWithinMs: within } = WATCH_RULES
  if (memory.denied(who(event), event.at) < most) return []
  const text = `${who(event)} was denied ${most} calls within ${within / 60_000} minutes.`
  return [candidate(event, 'denials', { subject: who(event), text })]
}

function root(event: WatchedEvent): readonly Candidate[] {
  if (!event.isRoot) return []
  const { account, accessKeyId, sourceIp, name } = event
  const text = `The root user of account ${account} called ${name} from ${sourceIp}.`
  const subject = `${account} ${accessKeyId} ${sourceIp}`
  return [candidate(event, 'root-user', { subject, text, quietMs: WATCH_RULES.rootQuietMs })]
}

/** Everything that an event is unusual for, in a fixed order. What it teaches is remembered. */
export function examine(event: WatchedEvent, memory: WatchMemory): readonly Candidate[] {
  rememberTags(event, memory)
  return [
    ...event.keys.flatMap((key) => [
      ...canary(event, key, memory),
      ...unusable(event, key),
      ...firstSeen(event, key, memory),
    ]),
    ...denials(event, memory),
    ...root(event),
  ]
}
