import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kms, OPERATIONS } from '../../../src/services/kms/index.ts'
import { MODEL } from '../../support/model.ts'
import { declaredMembers, modelledMembers } from '../../support/shape-facts.ts'

/** Every operation can fail so; definitions leave them out. */
const SHARED_ERRORS = ['DependencyTimeoutException', 'KMSInternalException']

for (const { name, input, output, errors } of OPERATIONS)
  test(`${name} takes, answers and refuses what the service model declares`, () => {
    const model = MODEL.operations[name]
    assert.ok(model)
    assert.deepEqual(
      declaredMembers(input, 'request').toSorted(),
      modelledMembers(MODEL, model.input ?? {}, 'request').toSorted(),
    )
    assert.equal(output === undefined, model.output === null)
    assert.deepEqual(
      declaredMembers(output ?? {}, 'answer').toSorted(),
      modelledMembers(MODEL, model.output ?? {}, 'answer').toSorted(),
    )
    assert.deepEqual(new Set(errors), new Set(model.errors.filter((code) => !SHARED_ERRORS.includes(code))))
  })

test('every operation of the service model is known, and no other', () => {
  assert.deepEqual([...kms.operations.keys()].sort(), Object.keys(MODEL.operations).sort())
})
