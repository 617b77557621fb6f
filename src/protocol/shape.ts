/**
 * Shapes of requests and answers as data: one declaration gives the TypeScript types, the checks, the error texts and the
 * comparison with the service model.
 */

type Constraints = {
  /** Characters, bytes or entries. */
  readonly min?: number
  readonly max?: number
}

export type ShapeData =
  | ({
      readonly type: 'string'
      /** Source text as the model spells it; a value must match it from end to end. */
      readonly pattern?: string
      readonly values?: readonly string[]
      /** Never shown in an error's text. */
      readonly sensitive?: boolean
    } & Constraints)
  | ({ readonly type: 'blob' } & Constraints)
  | ({ readonly type: 'integer' } & Constraints)
  | { readonly type: 'double' }
  | { readonly type: 'boolean' }
  | { readonly type: 'timestamp' }
  | ({ readonly type: 'list'; readonly member: Shape } & Constraints)
  | { readonly type: 'map' }
  | { readonly type: 'structure'; readonly members: Members }

declare const carried: unique symbol

/** A shape whose values are `T` in TypeScript. */
export type Shape<T = unknown> = ShapeData & {
  readonly optional?: boolean
  readonly fallback?: T
  readonly [carried]?: T
}

export type Members = { readonly [name: string]: Shape }
export type ValueOf<S> = S extends { readonly [carried]?: infer T } ? Exclude<T, undefined> : never

/** A structure whose members are not known at the place. */
export type Fields = StructureOf<Members>

type OptionalName<M extends Members> = { [K in keyof M]: M[K] extends { readonly optional: true } ? K : never }[keyof M]

/** The TypeScript type of a structure: blobs are bytes, timestamps milliseconds, maps `ReadonlyMap`. */
export type StructureOf<M extends Members> = {
  readonly [K in Exclude<keyof M, OptionalName<M>>]: ValueOf<M[K]>
} & { readonly [K in OptionalName<M>]?: ValueOf<M[K]> }

export const text = (min?: number, max?: number, pattern?: string): Shape<string> => ({
  type: 'string',
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
  ...(pattern === undefined ? {} : { pattern }),
})

export const oneOf = <const V extends string>(...values: readonly V[]): Shape<V> => ({ type: 'string', values })

/** A secret in text: its value never appears in an error. */
export const secretText = (min: number, max: number, pattern?: string): Shape<string> => ({
  type: 'string',
  sensitive: true,
  min,
  max,
  ...(pattern === undefined ? {} : { pattern }),
})

export const blob = (min: number, max: number): Shape<Uint8Array> => ({ type: 'blob', min, max })

export const integer = (min?: number, max?: number): Shape<number> => ({
  type: 'integer',
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
})

/** A finite number. */
export const double = (): Shape<number> => ({ type: 'double' })

export const boolean = (): Shape<boolean> => ({ type: 'boolean' })

/** Milliseconds since the epoch inside, seconds with a fraction on the wire. */
export const timestamp = (): Shape<number> => ({ type: 'timestamp' })

export const list = <T>(member: Shape<T>, min?: number, max?: number): Shape<readonly T[]> => ({
  type: 'list',
  member,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
})

export const stringMap = (): Shape<ReadonlyMap<string, string>> => ({ type: 'map' })

/** For answers only. */
export const numberMap = (): Shape<ReadonlyMap<string, number>> => ({ type: 'map' })

export const structure = <const M extends Members>(members: M): Shape<StructureOf<M>> => ({
  type: 'structure',
  members,
})

export const optional = <T>(shape: Shape<T>): Shape<T> & { readonly optional: true } => ({ ...shape, optional: true })

/** An optional member that has this value when it is not sent. */
export const withDefault = <T>(shape: Shape<T>, fallback: NoInfer<T>): Shape<T> => ({ ...shape, fallback })

/** The member's name as errors and events spell it: first letter in lower case. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
