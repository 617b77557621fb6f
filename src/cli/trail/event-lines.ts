import { DatabaseSync } from 'node:sqlite'
import { plainText } from '../show.ts'

type Parsed = { readonly [member: string]: unknown }

/** What a person asks of an event. */
export type Summary = {
  readonly time: string
  readonly who: string
  readonly what: string
  readonly source: string
  /** ARNs of what it was about. */
  readonly resources: readonly string[]
  /** The key as the request named it, when it was by an alias. */
  readonly named: string | undefined
  /** `ok`, or the code of the error. */
  readonly answer: string
}

function parseMembers(value: unknown): Parsed {
  return typeof value === 'object' && value !== null ? (value as Parsed) : {}
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function whoIn(identity: Parsed): string {
  if (identity.type === 'Root') return 'root'
  const session = text(identity.principalId)?.split(':')[1]
  const name = text(identity.userName) ?? session ?? text(identity.arn) ?? text(identity.accessKeyId)
  return name ?? text(identity.invokedBy) ?? 'unknown'
}

export function summaryOf(line: string): Summary {
  const event = parseMembers(JSON.parse(line))
  const asked = text(parseMembers(event.requestParameters).keyId)
  const resources = Array.isArray(event.resources) ? event.resources.map(parseMembers) : []
  return {
    time: text(event.eventTime) ?? '',
    who: whoIn(parseMembers(event.userIdentity)),
    what: text(event.eventName) ?? '',
    source: text(event.eventSource) ?? '',
    resources: resources.flatMap(({ ARN }) => text(ARN) ?? []),
    named: asked?.includes('alias/') ? asked.slice(asked.indexOf('alias/')) : undefined,
    answer: text(event.errorCode) ?? 'ok',
  }
}

/** Finds the alias that a key has now, by its ARN. */
export type Aliases = (arn: string) => string | undefined

/** Hex digits of the tag with which the store begins a key's id. */
const TAG_DIGITS = 2
const digitsOf = (keyId: string) => keyId.replace(/^mrk-/, '').replaceAll('-', '')

/** Read without a writer's rights, so that a running service is not disturbed; no alias is found in a store that is not there. */
export function aliasesIn(path: string): Aliases {
  const names = new Map<string, string>()
  using store = new DatabaseSync(path, { readOnly: true })
  for (const { name, key } of store.prepare('select name, lower(hex(key_id)) as key from aliases').all())
    if (typeof name === 'string' && typeof key === 'string') names.set(key.slice(TAG_DIGITS), name)
  return (arn) => names.get(digitsOf(arn.split('key/')[1] ?? ''))
}

const WIDTHS = [20, 20, 28, 40]

/** One line for a person: time, who, what, which key, and the answer; separated by tabs where a program reads it. */
export function shownLine(summary: Summary, aliasOf: Aliases): string {
  const [arn = ''] = summary.resources
  const key = summary.named ?? aliasOf(arn) ?? arn.split(':').slice(5).join(':')
  const cells = [summary.time, summary.who, summary.what, key, summary.answer].map(plainText)
  if (process.stdout.isTTY !== true) return cells.join('\t')
  return cells.map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0)).join('  ')
}

/** Which events are wanted; all conditions must hold. */
export type Filter = {
  readonly user?: string
  readonly event?: string
  readonly key?: string
  readonly errors?: boolean
  /** ISO 8601, both included. */
  readonly since?: string
  readonly until?: string
}

/** Times as events have them: whole seconds, which compare as texts. Nothing for what is no time. */
export function secondOf(given: string): string | undefined {
  const time = Date.parse(given)
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19)}Z`
}

/** The first of a filter's times that is none. */
export function wrongTime({ since, until }: Filter): string | undefined {
  return [since, until].find((given) => given !== undefined && secondOf(given) === undefined)
}

function isAbout(summary: Summary, key: string, aliasOf: Aliases): boolean {
  const { resources, named } = summary
  return named === key || resources.some((arn) => arn === key || arn.endsWith(`/${key}`) || aliasOf(arn) === key)
}

export function isWanted(summary: Summary, filter: Filter, aliasOf: Aliases): boolean {
  const since = filter.since === undefined ? undefined : secondOf(filter.since)
  const until = filter.until === undefined ? undefined : secondOf(filter.until)
  return (
    (filter.user === undefined || summary.who === filter.user) &&
    (filter.event === undefined || summary.what === filter.event) &&
    (filter.errors !== true || summary.answer !== 'ok') &&
    (since === undefined || summary.time >= since) &&
    (until === undefined || summary.time <= until) &&
    (filter.key === undefined || isAbout(summary, filter.key, aliasOf))
  )
}
