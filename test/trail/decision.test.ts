import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TRAIL_FIELD_MAX_BYTES } from '../../src/domain/limits.ts'
import {
  type CheckTrace,
  DECISION_MEMBER,
  decisionField,
  type GroundTrace,
  withoutDecision,
} from '../../src/trail/decision.ts'
import { parseRecordedCall } from '../../src/trail/recorded-call.ts'

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const event = (checks: readonly CheckTrace[] | undefined) =>
  `{"requestID":"r","resources":[{"ARN":"${KEY}"}]${decisionField(checks)}}`
const checksIn = (checks: readonly CheckTrace[]) => parseRecordedCall(event(checks))?.checks ?? assert.fail()

test('without a decision there is no member', () => {
  assert.equal(decisionField(undefined), '')
  assert.equal(parseRecordedCall(event(undefined))?.checks, undefined)
})

test('a decision without a resource is about the only one of the event', () => {
  const [check] = checksIn([{ action: 'kms:Decrypt', decision: { allowed: true, by: [{ kind: 'root-user' }] } }])
  assert.equal(check?.resource, KEY)
})

const text = fc.string({ unit: 'binary', maxLength: 40 })
const statement = fc.record(
  { kind: fc.constant('statement' as const), source: text, policy: text, index: fc.nat(), sid: text },
  { requiredKeys: ['kind', 'source', 'index'] },
)
const ground: fc.Arbitrary<GroundTrace> = fc.oneof(
  statement,
  fc.record({ kind: fc.constant('grant' as const), grantId: text }),
  fc.constant({ kind: 'root-user' as const }),
)
const decision = fc.oneof(
  fc.record({ allowed: fc.constant(true as const), by: fc.array(ground, { maxLength: 4 }) }),
  fc.record({ allowed: fc.constant(false as const), kind: fc.constant('explicit' as const), by: statement }),
  fc.record({ allowed: fc.constant(false as const), kind: fc.constant('implicit' as const), missing: text }),
)
const asked = fc
  .array(fc.tuple(text, fc.array(text, { maxLength: 3 })), { maxLength: 3 })
  .map((pairs) => new Map(pairs))
const checks = fc.array(fc.record({ action: text, resource: text, decision, asked }), { minLength: 1, maxLength: 3 })

/** JSON has no lone surrogates once it is written as UTF-8. */
const written = (value: string) => value.toWellFormed()

test('whatever policies are called, a decision is one line of JSON and is read as it was', () => {
  fc.assert(
    fc.property(checks, (given) => {
      const line = event(given)
      assert.doesNotMatch(line, /[\n\r\u0085\u2028\u2029]/)
      for (const [i, check] of checksIn(given).entries()) {
        assert.equal(written(check.action), written(given[i]?.action ?? ''))
        assert.equal(check.allowed, given[i]?.decision.allowed)
        assert.equal(check.by.length, given[i]?.decision.allowed ? given[i].decision.by.length : 0)
        assert.deepEqual([...check.asked.keys()], [...(given[i]?.asked.keys() ?? [])])
      }
    }),
  )
})

test('what policies asked for is left out when it is too large, and the decision stays', () => {
  const given = new Map([['aws:useragent', ['x'.repeat(TRAIL_FIELD_MAX_BYTES.decision)]]])
  const [check] = checksIn([
    { action: 'kms:Decrypt', decision: { allowed: false, kind: 'implicit', missing: 'identity-policy' }, asked: given },
  ])
  assert.equal(check?.missing, 'identity-policy')
  assert.deepEqual([...(check?.asked ?? [])], [])
})

test('without its decision an event is what it would be had nothing been decided', () => {
  const bare = event(undefined)
  fc.assert(
    fc.property(checks, (given) => {
      const line = event(given)
      assert.equal(withoutDecision(line, JSON.parse(line)), bare)
    }),
  )
  const deceptive = `{"requestParameters":{"a":"1","${DECISION_MEMBER}":"x"},"eventCategory":"Management"}`
  assert.equal(withoutDecision(deceptive, JSON.parse(deceptive)), deceptive)
})

test('the decision is the last member, so that it can be cut off', () => {
  const line = event([{ action: 'a', decision: { allowed: true, by: [] } }])
  assert.equal(Object.keys(JSON.parse(line)).at(-1), DECISION_MEMBER)
})

for (const line of ['{}', '[]', 'null', '1', '{"requestID":1}'])
  test(`${line} is no event of a call`, () => {
    assert.equal(parseRecordedCall(line), undefined)
  })
