import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventDate, eventTime } from '../../src/trail/event-time.ts'

const dates = [
  ['2025-05-21T05:47:45.999Z', 'May 21, 2025, 5:47:45 AM'],
  ['2025-01-01T00:00:00Z', 'Jan 1, 2025, 12:00:00 AM'],
  ['2025-12-31T12:00:09Z', 'Dec 31, 2025, 12:00:09 PM'],
  ['2024-02-29T23:59:59Z', 'Feb 29, 2024, 11:59:59 PM'],
] as const
for (const [time, wanted] of dates)
  test(`${time} inside an event is written ${wanted}`, () => {
    assert.equal(eventDate(Date.parse(time)), wanted)
  })

test('a date inside an event is what Intl writes in en-US, medium, UTC, but for the kind of its spaces', () => {
  const intl = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
      assert.equal(eventDate(date.getTime()), intl.format(date).replaceAll('\u202f', ' '))
    }),
  )
})

test('the time of an event has whole seconds, whatever was written before it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4e12 })), (times) => {
      for (const time of times) assert.equal(eventTime(time), new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z'))
    }),
  )
})
