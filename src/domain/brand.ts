declare const brand: unique symbol

/** A `T` that only the parser, check or builder named `Name` makes. The mark exists in types only. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Closes a `switch` over a union: a new member is a compile error at the call. */
export function unreachable(value: never): never {
  throw new TypeError(`unreachable value of type ${typeof value}`)
}
