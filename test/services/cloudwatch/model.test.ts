import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloudwatch, OPERATIONS } from '../../../src/services/cloudwatch/index.ts'
import { readModel } from '../../support/model.ts'
import { declaredMembers, modelledMembers } from '../../support/shape-facts.ts'

const MODEL = readModel('cloudwatch-model.json')

for (const { name, input, output, errors } of OPERATIONS)
  test(`${name} takes and refuses what the service model declares`, () => {
    const model = MODEL.operations[name]
    assert.ok(model)
    assert.deepEqual(
      declaredMembers(input, 'request').toSorted(),
      modelledMembers(MODEL, model.input ?? {}, 'request').toSorted(),
    )
    assert.equal(output === undefined, model.output === null)
    assert.deepEqual(new Set(errors), new Set(model.errors))
  })

test('every operation of the service model is known, and no other', () => {
  assert.deepEqual([...cloudwatch.operations.keys()].sort(), Object.keys(MODEL.operations).sort())
})
