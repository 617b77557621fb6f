import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HISTORY_AGE_MS } from '../../../src/domain/limits.ts'
import { eventLine } from '../../../src/trail/event.ts'
import { openHistoryBuilder } from '../../../src/trail/history/builder.ts'
import { lookUp } from '../../../src/trail/history/lookup.ts'
import { listSeries, minuteOf, readMinutes } from '../../../src/trail/history/minutes.ts'

const NOW = Date.parse('2026-11-22T09:30:30Z')
const ACCOUNT = '111122223333'
const REGION = 'eu-central-1'
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`

let events = 0
const event = (time: number, errorCode?: string, account = ACCOUNT): string => {
  events += 1
  return eventLine({
    eventId: `00000000-0000-4000-8000-${String(events).padStart(12, '0')}`,
    requestId: `r${events}`,
    time,
    eventSource: 'kms.amazonaws.com',
    eventName: 'Encrypt',
    region: REGION,
    account,
    sourceIpAddress: '192.0.2.7',
    userAgent: '',
    identity: { type: 'Unknown' },
    ...(errorCode === undefined ? {} : { error: { code: errorCode } }),
    requestParameters: null,
    responseElements: null,
    readOnly: true,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY }],
    eventType: 'AwsApiCall',
  })
}

const uses = {
  account: ACCOUNT,
  region: REGION,
  namespace: 'AWS/KMS',
  name: 'SuccessfulRequest',
  dimensions: [
    ['KeyArn', KEY],
    ['Operation', 'Encrypt'],
  ],
} as const
const MINUTE = minuteOf(NOW)

test('calls are counted in their minute, in the account of the key, and failures are no uses', () => {
  using history = openHistoryBuilder(':memory:')
  history.add([event(NOW), event(NOW - 60_000), event(NOW, 'AccessDenied'), event(NOW, undefined, '999999999999')], NOW)
  assert.deepEqual(readMinutes(history.db, uses, 0, MINUTE + 1), [
    { minute: MINUTE - 1, count: 1 },
    { minute: MINUTE, count: 2 },
  ])
  const errors = { ...uses, namespace: 'Trent', name: 'Errors', dimensions: [['ErrorCode', 'AccessDenied']] } as const
  assert.deepEqual(readMinutes(history.db, errors, 0, MINUTE + 1), [{ minute: MINUTE, count: 1 }])
  assert.deepEqual(readMinutes(history.db, { ...uses, account: '999999999999' }, 0, MINUTE + 1), [])
})

test('an event counts once, however often it is read', () => {
  using history = openHistoryBuilder(':memory:')
  const line = event(NOW)
  history.add([line, line], NOW)
  history.add([line], NOW)
  assert.deepEqual(readMinutes(history.db, uses, 0, MINUTE + 1), [{ minute: MINUTE, count: 1 }])
})

test('a transaction that failed leaves nothing, and what is read again counts once and is found', () => {
  using history = openHistoryBuilder(':memory:')
  const lines = [event(NOW), event(NOW)]
  history.db.exec("create trigger refuse before insert on minutes begin select raise(abort, 'no space'); end")
  assert.throws(() => history.add(lines, NOW), /no space/)
  history.db.exec('drop trigger refuse')
  history.add(lines, NOW)
  assert.deepEqual(readMinutes(history.db, uses, 0, MINUTE + 1), [{ minute: MINUTE, count: 2 }])
  const query = { account: ACCOUNT, region: REGION, from: 0, to: Math.ceil(NOW / 1000), limit: 50 }
  const found = lookUp(history.db, { ...query, attribute: { key: 'EventName', value: 'Encrypt' } })
  assert.equal(found.events.length, 2)
})

test('minutes that are too old go, and a series without any is not listed', () => {
  using history = openHistoryBuilder(':memory:')
  history.add([event(NOW)], NOW)
  const listed = () => listSeries(history.db, { account: ACCOUNT, region: REGION, since: 0, after: 0, limit: 10 })
  assert.equal(listed().length, 3)
  history.prune(NOW + HISTORY_AGE_MS - 60_000)
  assert.equal(listed().length, 3)
  history.prune(NOW + HISTORY_AGE_MS + 60_000)
  assert.deepEqual(listed(), [])
})
