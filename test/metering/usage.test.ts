import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { dollars } from '../../src/metering/price-list.ts'
import {
  amountOf,
  type CountedRequests,
  type MeteredKey,
  NO_USAGE,
  openBill,
  plusUsage,
} from '../../src/metering/usage.ts'

type Vector = {
  readonly name: string
  readonly period: readonly [string, string]
  readonly keys: readonly {
    readonly created: string
    readonly scheduled?: string
    readonly deleted?: string
    readonly manager?: string
    readonly rotations?: readonly string[]
  }[]
  readonly requests: readonly {
    readonly day: string
    readonly operation: string
    readonly variant: string
    readonly outcome?: string
    readonly count: number
  }[]
  readonly keyHours: number
  readonly rotationHours: number
  readonly keyCost: string
  readonly requestCost: string
  readonly freeTier: string
  readonly cost: string
}

const DAY_MS = 86_400_000
const time = (text: string) => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text)

function keyOf({
  created,
  scheduled,
  deleted,
  manager = 'CUSTOMER',
  rotations = [],
}: Vector['keys'][number]): MeteredKey {
  return {
    manager,
    created: time(created),
    rotations: rotations.map(time),
    ...(scheduled === undefined ? {} : { scheduled: time(scheduled) }),
    ...(deleted === undefined ? {} : { deleted: time(deleted) }),
  }
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'vectors', 'cost', 'bills.json'), 'utf8'),
)

for (const vector of vectors)
  test(vector.name, () => {
    const [from, to] = vector.period
    const bill = openBill({ from: time(from), to: time(to) })
    for (const key of vector.keys) bill.key('all', keyOf(key))
    for (const { day, operation, variant, outcome = '', count } of vector.requests)
      bill.requests('all', { account: '111122223333', operation, variant, outcome, count }, time(day))
    const usage = bill.lines().get('all') ?? NO_USAGE
    assert.deepEqual(
      {
        keyHours: usage.keyHours,
        rotationHours: usage.rotationHours,
        keyCost: dollars(usage.keyAmount, 9),
        requestCost: dollars(usage.requestAmount, 9),
        freeTier: dollars(bill.freeTier(), 9),
        cost: dollars(amountOf(usage) - bill.freeTier(), 9),
      },
      {
        keyHours: vector.keyHours,
        rotationHours: vector.rotationHours,
        keyCost: vector.keyCost,
        requestCost: vector.requestCost,
        freeTier: vector.freeTier,
        cost: vector.cost,
      },
    )
  })

test('each account has its own free tier', () => {
  const bill = openBill({ from: time('2026-11-01'), to: time('2026-12-01') })
  for (const account of ['111122223333', '444455556666'])
    bill.requests(
      'all',
      { account, operation: 'ListKeys', variant: '', outcome: '', count: 20_000 },
      time('2026-11-05'),
    )
  assert.equal(dollars(bill.freeTier(), 4), '0.1200')
})

const names = fc.constantFrom('a', 'b', 'c')
const request: fc.Arbitrary<CountedRequests & { readonly day: number; readonly names: readonly string[] }> = fc.record({
  day: fc.integer({ min: 20_700, max: 20_800 }),
  account: fc.constantFrom('111122223333', '444455556666'),
  operation: fc.constantFrom('Encrypt', 'Sign', 'ReEncrypt', 'ListKeys', 'GenerateDataKeyPair'),
  variant: fc.constantFrom('', 'SYMMETRIC_DEFAULT', 'RSA_2048', 'RSA_4096', 'ECC_NIST_P256', 'RSA_2048 RSA_4096'),
  outcome: fc.constantFrom('', 'AccessDenied', 'InvalidCiphertextException'),
  count: fc.integer({ min: 1, max: 1_000_000 }),
  names: fc.tuple(names, names),
})
const moment = fc.integer({ min: 20_600 * DAY_MS, max: 20_900 * DAY_MS })
const key: fc.Arbitrary<MeteredKey & { readonly names: readonly string[] }> = fc
  .record({
    created: moment,
    end: fc.option(moment),
    rotations: fc.array(moment, { maxLength: 4 }),
    names: fc.tuple(names, names),
  })
  .map(({ created, end, rotations, names: each }) => ({
    manager: 'CUSTOMER',
    created,
    rotations: rotations.sort((a, b) => a - b),
    names: each,
    ...(end === null || end < created ? {} : { scheduled: end }),
  }))

test('whatever a bill is grouped by, its lines add up to the same, to the last fraction of a cent', () => {
  fc.assert(
    fc.property(fc.array(request), fc.array(key), fc.integer({ min: 0, max: 60 }), (requests, keys, length) => {
      const period = { from: 20_720 * DAY_MS, to: (20_720 + length) * DAY_MS }
      const totals = [0, 1, undefined].map((which) => {
        const bill = openBill(period)
        const nameOf = (each: { readonly names: readonly string[] }) =>
          which === undefined ? 'all' : (each.names[which] ?? '')
        for (const each of requests) bill.requests(nameOf(each), each, each.day * DAY_MS)
        for (const each of keys) bill.key(nameOf(each), each)
        const total = [...bill.lines().values()].reduce(plusUsage, NO_USAGE)
        return { ...total, free: bill.freeTier() }
      })
      assert.deepEqual(totals[0], totals[2])
      assert.deepEqual(totals[1], totals[2])
    }),
  )
})

test('two periods that follow each other cost what they cost as one', () => {
  fc.assert(
    fc.property(fc.array(key), fc.array(request), fc.integer({ min: 1, max: 59 }), (keys, requests, days) => {
      const [from, middle, to] = [20_720, 20_720 + days, 20_780].map((day) => day * DAY_MS)
      const costOf = (period: { readonly from: number; readonly to: number }) => {
        const bill = openBill(period)
        for (const each of keys) bill.key('all', each)
        // A bill of part of a month is told what was used before it.
        for (const each of requests) bill.requests('all', each, each.day * DAY_MS)
        return amountOf(bill.lines().get('all') ?? NO_USAGE)
      }
      const halves = costOf({ from: from ?? 0, to: middle ?? 0 }) + costOf({ from: middle ?? 0, to: to ?? 0 })
      assert.equal(halves, costOf({ from: from ?? 0, to: to ?? 0 }))
    }),
  )
})

const ROUNDED = [
  [1_000_000n * 9_061_920n, 2, '1.00'],
  [-(1_000_000n * 9_061_920n) / 2n, 0, '-1'],
  [9_061_920n, 6, '0.000001'],
  [9_061_920n / 2n - 1n, 6, '0.000000'],
  [-1n, 2, '0.00'],
] as const
for (const [amount, decimals, text] of ROUNDED)
  test(`an amount of ${amount} is ${text} dollars`, () => assert.equal(dollars(amount, decimals), text))
