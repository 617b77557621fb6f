import type { Members, Shape } from '../../src/protocol/shape.ts'
import { type Model, type ModelMembers, type ModelShape, shapeOf } from './model.ts'

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

export function declaredMembers(members: Members, path: string): readonly string[] {
  return Object.entries(members).flatMap(([name, shape]) => {
    const isRequired = !shape.optional && shape.fallback === undefined
    return [...declared(shape, `${path}.${name}`), ...(isRequired ? [`${path}.${name} is required`] : [])]
  })
}

function modelled(model: Model, shape: ModelShape, path: string): readonly string[] {
  const facts = [
    ...(shape.min === undefined ? [] : [`${path} min ${shape.min}`]),
    ...(shape.max === undefined ? [] : [`${path} max ${shape.max}`]),
    ...(shape.pattern === undefined ? [] : [`${path} pattern ${shape.pattern}`]),
    // Bytes are never shown, whether the model calls them sensitive or not.
    ...(shape.sensitive && shape.type === 'string' ? [`${path} sensitive`] : []),
    ...(shape.enum ? [`${path} enum ${shape.enum.toSorted()}`] : []),
    ...(shape.member === undefined ? [] : modelled(model, shapeOf(model, shape.member), `${path}[]`)),
    ...(shape.members ? modelledMembers(model, shape.members, path) : []),
  ]
  return [`${path} is ${shape.type}`, ...facts]
}

export function modelledMembers(model: Model, members: ModelMembers, path: string): readonly string[] {
  return Object.entries(members).flatMap(([marked, shapeName]) => {
    const name = marked.replace('*', '')
    const facts = modelled(model, shapeOf(model, shapeName), `${path}.${name}`)
    return marked.endsWith('*') ? [...facts, `${path}.${name} is required`] : facts
  })
}
