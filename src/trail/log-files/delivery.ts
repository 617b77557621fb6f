import { hash, randomBytes } from 'node:crypto'
import { LOG_DELIVERY_MAX_CHARACTERS } from '../../domain/limits.ts'
import { withoutDecision } from '../decision.ts'
import { followBatches, type TrailPosition } from '../follow.ts'
import { type LogPlace, logObject } from './names.ts'
import type { WriteObject } from './objects.ts'
import type { LogFile, LogFileState, Outlet, Plan, Progress } from './state.ts'

/** What one log file will hold. */
type Group = LogPlace & { readonly lines: string[]; oldest: string; newest: string }

type Collected = { readonly groups: readonly Group[]; readonly to: TrailPosition; readonly isFull: boolean }

type Source = {
  readonly trail: string
  /** Where events go that name no account or Region, as those of callers who could not be authenticated. */
  readonly home: LogPlace
  readonly write: WriteObject
}

const ACCOUNT = /^\d{12}$/
const REGION = /^([a-z]+-){2,3}\d+$/

function parseEvent(line: string): { readonly [member: string]: unknown } {
  return JSON.parse(line) as { readonly [member: string]: unknown }
}

const matching = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === 'string' && pattern.test(value) ? value : undefined

function put(groups: Map<string, Group>, line: string, home: LogPlace): void {
  const event = parseEvent(line)
  const { recipientAccountId, awsRegion, eventTime } = event
  const account = matching(recipientAccountId, ACCOUNT) ?? home.account
  const region = matching(awsRegion, REGION) ?? home.region
  const time = String(eventTime)
  const name = `${account} ${region}`
  const group = groups.get(name) ?? { account, region, lines: [], oldest: time, newest: time }
  group.lines.push(withoutDecision(line, event))
  // Times of one form compare as texts.
  if (time < group.oldest) group.oldest = time
  if (time > group.newest) group.newest = time
  groups.set(name, group)
}

/** The events after `from`, by place: as many as one delivery holds, and the same ones whenever `upTo` is the same. */
async function collect(
  { trail, home }: Source,
  from: TrailPosition,
  upTo: Pick<TrailPosition, 'segment' | 'batch'>,
): Promise<Collected> {
  const groups = new Map<string, Group>()
  let to = from
  let characters = 0
  for await (const { events, position } of followBatches(trail, from, upTo)) {
    to = position
    for (const line of events) {
      put(groups, line, home)
      characters += line.length
    }
    if (characters >= LOG_DELIVERY_MAX_CHARACTERS) break
  }
  return { groups: [...groups.values()], to, isFull: characters >= LOG_DELIVERY_MAX_CHARACTERS }
}

/** 16 letters and digits, the same for the same plan and place. */
function uniqueName({ nonce }: Plan, { account, region }: LogPlace): string {
  const digest = BigInt(`0x${hash('sha256', `${nonce} ${account} ${region}`, 'hex')}`)
  return digest.toString(36).slice(-16)
}

async function writeGroup(write: WriteObject, outlet: Outlet, plan: Plan, group: Group): Promise<LogFile> {
  const { account, region, lines, oldest, newest } = group
  const object = logObject(group, plan.at, uniqueName(plan, group))
  const content = Buffer.from(`{"Records":[${lines.join(',')}]}`)
  await write(outlet, object, content)
  return { account, region, object, hash: hash('sha256', content, 'hex'), oldest, newest, deliveredAt: plan.at }
}

async function carryOut(
  { state, write, outlet }: { state: LogFileState; write: WriteObject; outlet: Outlet },
  plan: Plan,
  groups: readonly Group[],
): Promise<void> {
  const files: LogFile[] = []
  for (const group of groups) files.push(await writeGroup(write, outlet, plan, group))
  state.delivered(plan, files)
}

/** Does what was planned before a crash, with the same names and the same content, over whatever of it is there already. */
export async function finishPlan(state: LogFileState, source: Source, { plan, position, ...outlet }: Progress) {
  if (plan === undefined) return
  const { groups } = await collect(source, position, plan.to)
  await carryOut({ state, write: source.write, outlet }, plan, groups)
}

/**
 * Delivers the events after the stored position as log files, one for each account and Region. The plan is durable before
 * the first file is written and gone with the new position, so that no event is delivered twice or never, whenever the
 * process ends.
 *
 * @returns whether more waits than one delivery holds. Throws what the file system, the trail or SQLite answers.
 */
export async function deliver(
  state: LogFileState,
  source: Source,
  { position, ...outlet }: Progress,
  { head, now }: { readonly head: Pick<TrailPosition, 'segment' | 'batch'>; readonly now: number },
): Promise<boolean> {
  const { groups, to, isFull } = await collect(source, position, head)
  const plan: Plan = { to, at: now, nonce: randomBytes(16).toString('hex') }
  if (groups.length === 0) {
    state.passOver(to)
    return false
  }
  state.plan(plan)
  await carryOut({ state, write: source.write, outlet }, plan, groups)
  return isFull
}
