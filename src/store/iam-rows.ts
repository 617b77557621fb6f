import type { PrincipalArn } from '../domain/arn.ts'
import type { Entity, EntityKind, EntityOf } from '../domain/iam.ts'
import type { WrappedKey } from '../domain/key.ts'
import type { AccessKey } from '../request/ports.ts'
import { bytes, frozen, integer, parseAccount, type Row, text } from './rows.ts'

export function parseAccessKeyRow(accessKeyId: string, row: Row): AccessKey {
  return Object.freeze({
    accessKeyId,
    account: parseAccount(row),
    principal: text(row, 'principal') as PrincipalArn,
    status: text(row, 'status') as AccessKey['status'],
    createdAt: integer(row, 'created_at'),
    wrappedSecret: bytes(row, 'wrapped_secret') as WrappedKey,
    ...(row.user_id === null ? {} : { userId: text(row, 'user_id') }),
  })
}

/** @param kind - the kind that the row was asked by. */
export function parseEntityRow<Kind extends EntityKind>(_kind: Kind, row: Row): EntityOf<Kind> {
  return frozen(JSON.parse(text(row, 'record'))) as EntityOf<Kind>
}

export function parseAnyEntityRow(row: Row): Entity {
  return frozen(JSON.parse(text(row, 'record'))) as Entity
}
