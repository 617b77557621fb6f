import { error, isError } from '../../domain/error.ts'
import { WHO_CAN_NAMED_MAX, WHO_CAN_PAGE_MAX } from '../../domain/limits.ts'
import { boolean, list, optional, structure, text } from '../../protocol/shape.ts'
import { examined } from '../../request/explain/candidates.ts'
import { KEY_ACTIONS } from '../../request/explain/grounds.ts'
import { keyAction, whoCan } from '../../request/explain/who-can.ts'
import { operation } from '../../request/operation.ts'
import { keyAskedAbout, keyByIdentity } from './key-target.ts'
import * as shapes from './shapes.ts'
import { shownAble } from './shown.ts'

/**
 * The principals that can perform an action on a key, or any action when none is named, and the conditions under which.
 *
 * A page is made of so many principals, of whom those that can do nothing are left out: it may be empty and have a successor.
 */
export const WhoCan = operation({
  name: 'WhoCan',
  input: {
    KeyId: shapes.KeyIdType,
    Action: optional(shapes.ActionType),
    NextToken: optional(shapes.TokenType),
  },
  output: {
    KeyId: text(),
    Principals: list(structure({ Principal: text(), Abilities: list(shapes.Ability) })),
    /** The key has more grants than were looked at. */
    GrantsOmitted: boolean(),
    NextToken: optional(shapes.TokenType),
  },
  errors: ['NotFoundException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => keyByIdentity('trent:WhoCan', input.KeyId, find),
  async run({ KeyId, Action, NextToken }, _granted, { store, iam, policies, find }) {
    const action = Action === undefined ? undefined : keyAction(Action)
    if (Action !== undefined && action === undefined)
      return error('ValidationException', `${Action} is no action on keys.`)
    const key = await keyAskedAbout(KeyId, find)
    if (isError(key)) return key
    const parts = { store, iam, policies }
    const about = await examined(parts, key)
    const actions = action === undefined ? KEY_ACTIONS.map((name) => `kms:${name}`) : [action]
    const { able, next } = await whoCan(parts, about, {
      actions,
      after: Number(NextToken ?? 0),
      limit: WHO_CAN_PAGE_MAX,
    })
    return {
      output: {
        KeyId: key.arn,
        Principals: able.map(shownAble),
        GrantsOmitted: about.grants.length >= WHO_CAN_NAMED_MAX,
        ...(next === undefined ? {} : { NextToken: String(next) }),
      },
    }
  },
})
