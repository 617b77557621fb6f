import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Members, Shape } from '../../../src/protocol/shape.ts'
import { kms, OPERATIONS } from '../../../src/services/kms/index.ts'
import { MODEL, type ModelMembers, type ModelShape, modelShape } from '../../support/model.ts'

/** Every operation can fail so; definitions leave them out. */
const SHARED_ERRORS = ['DependencyTimeoutException', 'KMSInternalException']

/** One line per fact of a shape, so that two shapes compare as texts and a difference names its place. */
function declared(shape: Shape, path: string): readonly string[] {
  const { type } = shape
  const facts = [
    ...('min' in shape && shape.min !== undefined ? [`${path} min ${shape.min}`] : []),
    ...('max' in shape && shape.max !== undefined ? [`${path} max ${shape.max}`] : []),
    ...(shape.type === 'string' && shape.pattern !== undefined ? [`${path} pattern ${shape.pattern}`] : []),
    ...(shape.type === 'string' && shape.sensitive ? [`${path} sensitive`] : []),
    ...(shape.type === 'string' && shape.values ? [`${path} enum ${shape.values.toSorted()}`] : []),
    ...(shape.type === 'list' ? declared(shape.member, `${path}[]`) : []),
    ...(shape.type === 'structure' ? declaredMembers(shape.members, path) : []),
  ]
  return [`${path} is ${type}`, ...facts]
}

function declaredMembers(members: Members, path: string): readonly string[] {
  return Object.entries(members).flatMap(([name, shape]) => {
    const isRequired = !shape.optional && shape.fallback === undefined
    return [...declared(shape, `${path}.${name}`), ...(isRequired ? [`${path}.${name} is required`] : [])]
  })
}

function modelled(shape: ModelShape, path: string): readonly string[] {
  const facts = [
    ...(shape.min === undefined ? [] : [`${path} min ${shape.min}`]),
    ...(shape.max === undefined ? [] : [`${path} max ${shape.max}`]),
    ...(shape.pattern === undefined ? [] : [`${path} pattern ${shape.pattern}`]),
    // Bytes are never shown, whether the model calls them sensitive or not.
    ...(shape.sensitive && shape.type === 'string' ? [`${path} sensitive`] : []),
    ...(shape.enum ? [`${path} enum ${shape.enum.toSorted()}`] : []),
    ...(shape.member === undefined ? [] : modelled(modelShape(shape.member), `${path}[]`)),
    ...(shape.members ? modelledMembers(shape.members, path) : []),
  ]
  return [`${path} is ${shape.type}`, ...facts]
}

function modelledMembers(members: ModelMembers, path: string): readonly string[] {
  return Object.entries(members).flatMap(([marked, shapeName]) => {
    const name = marked.replace('*', '')
    const facts = modelled(modelShape(shapeName), `${path}.${name}`)
    return marked.endsWith('*') ? [...facts, `${path}.${name} is required`] : facts
  })
}

for (const { name, input, output, errors } of OPERATIONS)
  test(`${name} takes, answers and refuses what the service model declares`, () => {
    const model = MODEL.operations[name]
    assert.ok(model)
    assert.deepEqual(
      declaredMembers(input, 'request').toSorted(),
      modelledMembers(model.input ?? {}, 'request').toSorted(),
    )
    assert.equal(output === undefined, model.output === null)
    assert.deepEqual(
      declaredMembers(output ?? {}, 'answer').toSorted(),
      modelledMembers(model.output ?? {}, 'answer').toSorted(),
    )
    assert.deepEqual(new Set(errors), new Set(model.errors.filter((code) => !SHARED_ERRORS.includes(code))))
  })

test('every operation of the service model is known, and no other', () => {
  assert.deepEqual([...kms.operations.keys()].sort(), Object.keys(MODEL.operations).sort())
})
