import type { ResourceType, Subject, SubjectOf } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** A parameter of a rule: texts on the wire, whatever they mean. */
export type Parameter = {
  readonly kind: 'number' | 'boolean' | 'list'
  /** Absent: the rule cannot do without it. */
  readonly fallback?: string
}

/** Parameters with their defaults filled in. */
export type Parameters = {
  number(name: string): number
  list(name: string): readonly string[]
  isTrue(name: string): boolean
}

/** A rule that this program knows how to judge. */
export type ManagedRule = {
  /** AWS's identifier where there is such a rule; else one that begins with `TRENT_`. */
  readonly identifier: string
  readonly title: string
  readonly types: readonly ResourceType[]
  readonly parameters: ReadonlyMap<string, Parameter>
  /** It asks when access keys were last used, which takes the index of events. */
  readonly needsLastUses?: true
  /** @param now - milliseconds since the epoch. */
  judge(subject: Subject, parameters: Parameters, now: number): Verdict
}

type Definition<Type extends ResourceType> = {
  readonly identifier: string
  readonly title: string
  readonly types: readonly Type[]
  readonly needsLastUses?: true
  readonly parameters?: { readonly [name: string]: Parameter }
  judge(subject: SubjectOf<Type>, parameters: Parameters, now: number): Verdict
}

/** Declares a rule; it is only ever asked about resources of its types. */
export function rule<const Type extends ResourceType>({
  parameters = {},
  judge,
  ...rest
}: Definition<Type>): ManagedRule {
  const isMine = (subject: Subject): subject is SubjectOf<Type> => rest.types.some((type) => type === subject.type)
  return {
    ...rest,
    parameters: new Map(Object.entries(parameters)),
    judge: (subject, given, now) => (isMine(subject) ? judge(subject, given, now) : { compliance: 'NOT_APPLICABLE' }),
  }
}

/** @param given - the rule's InputParameters; names that the rule does not have were refused before. */
export function parametersOf({ parameters }: ManagedRule, given: ReadonlyMap<string, string>): Parameters {
  const text = (name: string) => given.get(name) ?? parameters.get(name)?.fallback ?? ''
  return {
    number: (name) => Number(text(name)),
    isTrue: (name) => text(name).toLowerCase() === 'true',
    list: (name) =>
      text(name)
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
  }
}

/** Why parameters are none of the rule's; nothing when they are. */
export function wrongParameter({ parameters }: ManagedRule, given: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of given) {
    const known = parameters.get(name)
    if (!known) return `Unknown parameters provided in the inputParameters: ${name}.`
    const isRight =
      known.kind === 'number'
        ? /^\d{1,6}$/.test(value)
        : known.kind === 'boolean'
          ? /^(?:true|false)$/i.test(value)
          : true
    if (!isRight) return `The parameter ${name} has an invalid value.`
  }
  for (const [name, { fallback }] of parameters)
    if (fallback === undefined && !given.has(name)) return `The required parameter ${name} is missing.`
  return undefined
}
