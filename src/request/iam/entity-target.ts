import { type AccountId, type PrincipalArn, parsePrincipalArn, partitionOf, type Scope } from '../../domain/arn.ts'
import { type Entity, type EntityKind, type EntityOf, entityArn, type IamTag } from '../../domain/iam.ts'
import type { Directory } from './directory.ts'

/** Where to look, for whom. */
export type Searcher = { readonly scope: Scope; readonly directory: Directory }

/** A principal, a policy or another thing of IAM, judged by its ARN; nobody has to have it. */
export type EntityTarget<Action extends string = string, E extends Entity = Entity> = {
  readonly kind: 'entity'
  readonly action: Action
  readonly account: AccountId
  readonly arn: PrincipalArn
  readonly tags: readonly IamTag[]
  readonly entity?: E
}

/** The entity of that name in the caller's account, as a target. One that is not there is judged as if it had no path. */
export async function namedEntity<Action extends string, Kind extends EntityKind>(
  find: Searcher,
  action: Action,
  kind: Kind,
  name: string,
): Promise<EntityTarget<Action, EntityOf<Kind>>> {
  const { account, region } = find.scope
  const entity = await find.directory.findEntity(account, kind, name)
  const subject = entity ?? entityArn(kind, { partition: partitionOf(region), account }, '/', name)
  return entityTarget<Action, EntityOf<Kind>>(action, account, subject)
}

/** The entity of that ARN in the caller's account, as a target. */
export async function entityByArn<Action extends string, Kind extends EntityKind>(
  find: Searcher,
  action: Action,
  kind: Kind,
  arn: string,
): Promise<EntityTarget<Action, EntityOf<Kind>>> {
  const entity = await find.directory.findEntityById(find.scope.account, kind, arn)
  return entityTarget<Action, EntityOf<Kind>>(action, find.scope.account, entity ?? parsePrincipalArn(arn))
}

/** @param subject - the entity, or the ARN of one that is not there. */
export function entityTarget<Action extends string, E extends Entity>(
  action: Action,
  account: AccountId,
  subject: E | PrincipalArn,
): EntityTarget<Action, E> {
  return typeof subject === 'string'
    ? { kind: 'entity', action, account, arn: subject, tags: [] }
    : { kind: 'entity', action, account, arn: subject.arn, tags: subject.tags, entity: subject }
}
