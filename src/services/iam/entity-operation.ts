import { parsePrincipalArn, partitionOf } from '../../domain/arn.ts'
import type { ErrorCode, ServiceError } from '../../domain/error.ts'
import type { Entity, EntityOf } from '../../domain/iam.ts'
import type { Fields, Members, Shape, StructureOf } from '../../protocol/shape.ts'
import type { Finder } from '../../request/finder.ts'
import { type EntityTarget, namedEntity } from '../../request/iam/entity-target.ts'
import { type Call, type EventRule, type Operation, type Outcome, operation } from '../../request/operation.ts'
import { account, type ConditionValues } from '../../request/targets.ts'
import { noSuchEntity } from './refusal.ts'
import * as shapes from './shapes.ts'

/** Entities that requests name by their names, and how they call those. */
export const NAMED = {
  user: { member: 'UserName', shape: shapes.ExistingUserNameType },
  group: { member: 'GroupName', shape: shapes.GroupNameType },
  role: { member: 'RoleName', shape: shapes.RoleNameType },
} as const satisfies Record<string, { readonly member: string; readonly shape: Shape<string> }>
export type NamedKind = keyof typeof NAMED

/** What every operation of IAM has, whatever it is about. */
export type Common<I extends Members, O extends Members> = {
  readonly name: string
  readonly input?: I
  readonly output?: O
  readonly errors?: readonly ErrorCode[]
  readonly event?: EventRule
  readonly conditions?: (input: StructureOf<I>) => ConditionValues
}

type OnEntity<Kind extends NamedKind, I extends Members, O extends Members> = Common<I, O> & {
  run(
    entity: EntityOf<Kind>,
    input: StructureOf<I>,
    call: Call,
  ): Promise<Outcome<StructureOf<O>> | ServiceError> | Outcome<StructureOf<O>> | ServiceError
}

/** Declares an operation on one user, group or role that must exist: `iam:<name>` on its ARN. */
export function onEntity<Kind extends NamedKind, const I extends Members, const O extends Members>(
  kind: Kind,
  definition: OnEntity<Kind, I, O>,
): Operation {
  const { member, shape } = NAMED[kind]
  const input: Members = { [member]: shape, ...definition.input }
  return operation({
    ...shared(definition),
    input,
    targets: async (fields, find) => ({
      entity: await namedEntity(find, `iam:${definition.name}`, kind, parseText(fields, member)),
    }),
    async run(fields, { entity: { entity } }, call) {
      if (!entity) return noSuchEntity(kind, parseText(fields, member))
      return parseOutcome(await definition.run(entity, parseInput(fields), call))
    },
  })
}

type OnAccount<I extends Members, O extends Members> = Common<I, O> & {
  run(input: StructureOf<I>, call: Call): Promise<Outcome<StructureOf<O>> | ServiceError>
}

/** Declares an operation on the account as a whole: `iam:<name>` on `*`. */
export function onAccount<const I extends Members, const O extends Members>(definition: OnAccount<I, O>): Operation {
  const input: Members = { ...definition.input }
  return operation({
    ...shared(definition),
    input,
    targets: async () => ({ account: account(`iam:${definition.name}`) }),
    async run(fields, _granted, call) {
      return parseOutcome(await definition.run(parseInput(fields), call))
    },
  })
}

/** The parts of a definition that follow from its name or are the same for all of IAM. */
export function shared<I extends Members, O extends Members>({
  name,
  output,
  errors,
  event,
  conditions,
}: Common<I, O>) {
  return {
    name,
    errors: errors ?? [],
    readOnly: /^(?:Get|List|Simulate)/.test(name),
    quota: 'management',
    states: 'any',
    ...(output ? { output: output as Members } : {}),
    ...(event ? { event } : {}),
    ...(conditions ? { conditions: (fields: Fields) => conditions(parseInput(fields)) } : {}),
  } as const
}

/** The shapes that a definition declared are the ones that its fields were read by. */
export function parseInput<I extends Members>(fields: Fields): StructureOf<I> {
  return fields as StructureOf<I>
}

function parseOutcome<O extends Members>(
  outcome: Outcome<StructureOf<O>> | ServiceError,
): Outcome<Fields> | ServiceError {
  return outcome as Outcome<Fields> | ServiceError
}

/** A member that its shape makes a text. */
export function parseText(fields: Fields, member: string): string {
  return fields[member] as string
}

/**
 * The target of something that is to be made: with the path that it will have.
 *
 * @param target - of the name alone, with the entity when the name is taken.
 */
export function newEntityTarget<A extends string, E extends Entity>(
  target: EntityTarget<A, E>,
  { scope }: Pick<Finder, 'scope'>,
  path: string,
): EntityTarget<A, E> {
  if (target.entity) return target
  const name = target.arn.slice(target.arn.lastIndexOf('/') + 1)
  const [kind = ''] = target.arn.slice(target.arn.lastIndexOf(':') + 1).split('/')
  const arn = `arn:${partitionOf(scope.region)}:iam::${scope.account}:${kind}${path}${name}`
  return { ...target, arn: parsePrincipalArn(arn) }
}
