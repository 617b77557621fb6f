import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Region } from '../../src/domain/arn.ts'
import {
  hasReplicas,
  isReplica,
  multiRegionKeyType,
  otherRegions,
  refuseReplica,
  refuseUnlessPrimary,
  withoutReplica,
  withPrimary,
  withReplica,
} from '../../src/domain/multi-region.ts'
import { keyOf, parseMultiRegionIdOf, parseScopeOf } from '../store/records.ts'

const region = (name: string): Region => parseScopeOf('111122223333', name).region
const [A, B, C] = [region('us-east-1'), region('eu-west-1'), region('ap-south-1')]
const RELATED = { primary: A, replicas: [B, C] }

test('a key is what the record of its relatives says of its Region', () => {
  assert.deepEqual(
    [A, B].map((at) => multiRegionKeyType({ region: at, related: RELATED })),
    ['PRIMARY', 'REPLICA'],
  )
  assert.equal(multiRegionKeyType({ region: A }), undefined)
  assert.deepEqual(
    [A, B].map((at) => isReplica({ region: at, related: RELATED })),
    [false, true],
  )
  assert.deepEqual(
    [A, B].map((at) => hasReplicas({ region: at, related: RELATED })),
    [true, false],
  )
  assert.equal(hasReplicas({ region: A, related: { primary: A, replicas: [] } }), false)
})

test('the others are all but the key itself', () => {
  assert.deepEqual(otherRegions({ region: B, related: RELATED }), [A, C])
  assert.deepEqual(otherRegions({ region: B }), [])
})

test('a single-Region key is refused where a primary is needed, and not where only replicas are', () => {
  const key = (at: Region, related?: typeof RELATED) =>
    keyOf(parseMultiRegionIdOf(1), related ? { related } : {}, parseScopeOf('111122223333', at))
  const refusals = (refuse: typeof refuseReplica) =>
    [key(A, RELATED), key(B, RELATED), key(A)].map((each) => refuse(each)?.code)
  const unsupported = 'UnsupportedOperationException'
  assert.deepEqual(refusals(refuseUnlessPrimary), [undefined, unsupported, unsupported])
  assert.deepEqual(refusals(refuseReplica), [undefined, unsupported, undefined])
})

test('whatever is done to a family, no Region is lost, doubled, or in two parts', () => {
  const names = fc.constantFrom('us-east-1', 'eu-west-1', 'ap-south-1', 'sa-east-1')
  const step = fc.record({ kind: fc.constantFrom('add', 'remove', 'promote'), at: names.map(region) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let family: { readonly primary: Region; readonly replicas: readonly Region[] } = { primary: A, replicas: [] }
      const expected = new Set<Region>([A])
      for (const { kind, at } of steps) {
        if (kind === 'add' && !expected.has(at)) {
          family = withReplica(family, at)
          expected.add(at)
        } else if (kind === 'remove' && at !== family.primary) {
          family = withoutReplica(family, at)
          expected.delete(at)
        } else if (kind === 'promote' && family.replicas.includes(at)) {
          family = withPrimary(family, at)
          assert.equal(family.primary, at)
        }
        assert.deepEqual([family.primary, ...family.replicas].sort(), [...expected].sort())
      }
    }),
  )
})
