import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyUsesOf } from '../../src/trail/key-uses.ts'

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const OTHER = 'arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'
const event = {
  eventTime: '2026-01-02T03:04:05Z',
  eventName: 'ReEncrypt',
  requestID: 'request',
  eventID: 'event',
  resources: [{ ARN }, { ARN: OTHER }],
}

test('an event of a success is a use of each of its keys', () => {
  const used = {
    account: '111122223333',
    region: 'eu-central-1',
    operation: 'ReEncrypt',
    usedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    eventId: 'event',
    requestId: 'request',
  }
  assert.deepEqual(keyUsesOf(JSON.stringify(event)), [
    { ...used, keyId: '1234abcd-12ab-34cd-56ef-1234567890ab' },
    { ...used, keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' },
  ])
})

const NO_USES: ReadonlyArray<readonly [string, unknown]> = [
  ['a refusal', { ...event, errorCode: 'DisabledException' }],
  ['an operation that is no use', { ...event, eventName: 'DescribeKey' }],
  ['a name of a prototype', { ...event, eventName: 'toString' }],
  ['an event without an id', { ...event, eventID: undefined }],
  ['an event without a request', { ...event, requestID: undefined }],
  ['an event of no time', { ...event, eventTime: 'today' }],
  ['no resources', { ...event, resources: undefined }],
  ['resources that are none', { ...event, resources: [null, 'x', {}, { ARN: 3 }] }],
  ['an alias', { ...event, resources: [{ ARN: 'arn:aws:kms:eu-central-1:111122223333:alias/a' }] }],
  ['another service', { ...event, resources: [{ ARN: ARN.replace(':kms:', ':s3:') }] }],
  ['a link of the chain', { trail: 'link' }],
  ['text', 'text'],
  ['null', null],
]
for (const [what, value] of NO_USES)
  test(`${what} is no use of a key`, () => assert.deepEqual(keyUsesOf(JSON.stringify(value)), []))
