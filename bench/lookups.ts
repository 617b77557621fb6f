import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventLine } from '../src/trail/event.ts'
import { openHistoryBuilder } from '../src/trail/history/builder.ts'
import type { Attribute } from '../src/trail/history/entry.ts'
import { lookUp } from '../src/trail/history/lookup.ts'
import type { Identity } from '../src/trail/identity.ts'
import { type Figure, isMet, median, tableOf } from './figures.ts'

/**
 * What the index behind LookupEvents costs, and how fast it answers: `npm run bench:lookups -- EVENTS` (10 million without a
 * number). The events are those of a month, of a thousand keys and a hundred users.
 */
const events = Number(process.argv[2] ?? 10_000_000)
if (!Number.isInteger(events) || events < 1) throw new TypeError('EVENTS is a number of events')

const ACCOUNT = '111122223333'
const REGION = 'us-east-1'
const KEYS = 1_000
const USERS = 100
const OPERATIONS = ['Decrypt', 'Decrypt', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey']
const NOW = Date.UTC(2026, 10, 22)
const MONTH_MS = 30 * 86_400_000
const PER_COMMIT = 5_000
/** First pages asked of each kind. */
const ASKED = 200
const PAGE = 50
/** Milliseconds in which a first page is there, of ten million events. */
const PAGE_MAX_MS = 50

const keyArn = (index: number) =>
  `arn:aws:kms:${REGION}:${ACCOUNT}:key/${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`
const userName = (index: number) => `user-${index}`
const users: readonly Identity[] = Array.from({ length: USERS }, (_, index) => ({
  type: 'IAMUser',
  principalId: `AIDA${String(index).padStart(17, 'A')}`,
  arn: `arn:aws:iam::${ACCOUNT}:user/${userName(index)}`,
  accountId: ACCOUNT,
  accessKeyId: `AKIA${String(index).padStart(16, 'A')}`,
  userName: userName(index),
}))

/** Spread without a generator of its own, so that every run has the same events but for their ids. */
const spread = (index: number) => (index * 2_654_435_761) % 4_294_967_296

function lineOf(index: number): string {
  const which = spread(index)
  const arn = keyArn(which % KEYS)
  return eventLine({
    eventId: randomUUID(),
    requestId: randomUUID(),
    time: NOW - MONTH_MS + Math.floor((index * MONTH_MS) / events),
    eventSource: 'kms.amazonaws.com',
    eventName: OPERATIONS[Math.floor(which / 7) % OPERATIONS.length] ?? 'Decrypt',
    region: REGION,
    account: ACCOUNT,
    sourceIpAddress: '127.0.0.1',
    userAgent: 'aws-sdk-js/3.1162.0 ua/2.1 os/linux lang/js md/nodejs api/kms',
    identity: users[Math.floor(which / 11) % USERS] ?? { type: 'Unknown' },
    requestParameters: { keyId: arn, encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    responseElements: null,
    readOnly: true,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    eventType: 'AwsApiCall',
  })
}

type Builder = ReturnType<typeof openHistoryBuilder>

/** @returns seconds that the index took, without those in which the events were made. */
function fill(builder: Builder): number {
  let taken = 0
  for (let from = 0; from < events; from += PER_COMMIT) {
    const lines = Array.from({ length: Math.min(PER_COMMIT, events - from) }, (_, index) => lineOf(from + index))
    const begun = performance.now()
    builder.add(lines, NOW)
    taken += performance.now() - begun
  }
  return taken / 1_000
}

/** Milliseconds of each first page; one that is not full would not say what a page costs. */
function firstPages({ db }: Builder, key: Attribute, nameAt: (index: number) => string): readonly number[] {
  return Array.from({ length: ASKED }, (_, index) => {
    const begun = performance.now()
    const attribute = { key, value: nameAt(spread(index)) }
    const range = { from: (NOW - MONTH_MS) / 1_000, to: NOW / 1_000 }
    const page = lookUp(db, { account: ACCOUNT, region: REGION, attribute, ...range, limit: PAGE })
    const taken = performance.now() - begun
    if (page.events.length < Math.min(PAGE, events / KEYS / 2)) throw new Error(`${key}: the page is not full`)
    return taken
  })
}

function pageFigures(name: string, taken: readonly number[]): readonly Figure[] {
  return [
    { name: `first page by ${name}, median`, value: median(taken), unit: 'ms', digits: 2 },
    {
      name: `first page by ${name}, slowest`,
      value: Math.max(...taken),
      unit: 'ms',
      digits: 2,
      target: { max: PAGE_MAX_MS },
    },
  ]
}

const directory = mkdtempSync(join(tmpdir(), 'trent-bench-'))
try {
  const path = join(directory, 'history.db')
  using builder = openHistoryBuilder(path)
  const seconds = fill(builder)
  const figures = [
    { name: 'events indexed', value: events / seconds, unit: 'per s' },
    { name: 'disk per million events', value: ((statSync(path).size / events) * 1e6) / 1e6, unit: 'MB' },
    ...pageFigures(
      'key',
      firstPages(builder, 'ResourceName', (at) => keyArn(at % KEYS)),
    ),
    ...pageFigures(
      'user',
      firstPages(builder, 'Username', (at) => userName(at % USERS)),
    ),
    ...pageFigures(
      'name',
      firstPages(builder, 'EventName', (at) => OPERATIONS[at % OPERATIONS.length] ?? 'Decrypt'),
    ),
  ]
  process.stdout.write(`${events} events\n${tableOf(figures)}\n`)
  if (figures.some((figure) => isMet(figure) === false)) process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
