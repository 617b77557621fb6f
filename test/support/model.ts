import { readFileSync } from 'node:fs'

/** A shape of the service model, condensed. Names refer to `Model.shapes`. */
export type ModelShape = {
  readonly type: string
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
  readonly member?: string
  readonly key?: string
  readonly value?: string
  readonly members?: ModelMembers
}

/** Names of members, a required one with `*` after it, and the names of their shapes. */
export type ModelMembers = { readonly [member: string]: string }

export type Model = {
  readonly operations: {
    readonly [name: string]: {
      readonly input: ModelMembers | null
      readonly output: ModelMembers | null
      readonly errors: readonly string[]
    }
  }
  readonly shapes: { readonly [name: string]: ModelShape }
}

/** The service model of KMS. Its origin is noted in the file. */
export const MODEL = readModel('kms-model.json')

/** @param name - of a file in test/vectors. */
export function readModel(name: string): Model {
  return parseModel(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))
}

function parseModel(text: string): Model {
  return JSON.parse(text) as Model
}

export const modelShape = (name: string): ModelShape => shapeOf(MODEL, name)

export function shapeOf(model: Model, name: string): ModelShape {
  const shape = model.shapes[name]
  if (!shape) throw new Error(`the model has no shape ${name}`)
  return shape
}
