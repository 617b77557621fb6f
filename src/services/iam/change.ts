import { base32Text } from '../../domain/access-key-id.ts'
import type { Entity, EntityKind, IamTag } from '../../domain/iam.ts'
import type { IamChange } from '../../request/iam/directory.ts'
import type { Ids } from '../../request/ports.ts'

/** The entity with other members, as its next revision. */
export function changed<E extends Entity>(entity: E, over: Partial<E>): IamChange {
  return { kind: 'update-entity', entity: { ...entity, ...over, revision: entity.revision + 1 } }
}

/** The same entity at its next revision, so that concurrent calls about it meet each other. */
export function touched<E extends Entity>(entity: E): IamChange {
  return { kind: 'update-entity', entity: { ...entity, revision: entity.revision + 1 } }
}

const PREFIXES = {
  user: 'AIDA',
  group: 'AGPA',
  role: 'AROA',
  policy: 'ANPA',
  service: 'ASVC',
} as const satisfies Partial<Record<EntityKind, string>>
/** Bytes of randomness in an id, one for each of its 17 characters. */
const ID_BYTES = 17

/** A unique id that was never given before. */
export function newEntityId(kind: keyof typeof PREFIXES, ids: Ids): string {
  return `${PREFIXES[kind]}${base32Text(ids.hex(ID_BYTES))}`
}

/** What a request says about the tags that it brings. */
export function tagConditions(tags: readonly IamTag[] | undefined) {
  if (!tags?.length) return {}
  const pairs = tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value] as const)
  return { ...Object.fromEntries(pairs), 'aws:TagKeys': tags.map(({ Key }) => Key) }
}
