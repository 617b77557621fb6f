import { boolean, integer, list, optional, structure, text } from '../../protocol/shape.ts'

/** Shapes of Trent's own operations. */

export const RequestIdType = text(1, 128, '[A-Za-z0-9-]+')
/** A number in decimal: of a segment, or of principals looked at. */
export const TokenType = text(1, 10, '[0-9]+')
export const KeyIdType = text(1, 2048)
export const ActionType = text(1, 128, '[A-Za-z:]+')
export const LimitType = integer(1, 1000)
export const Strings = list(text())

/** A statement of a policy, a grant, or the root user. Statements are counted from 0, as in the document. */
export const Ground = structure({
  Source: optional(text()),
  Policy: optional(text()),
  Statement: optional(integer()),
  Sid: optional(text()),
  GrantId: optional(text()),
  RootUser: optional(boolean()),
})

export const Check = structure({
  Action: text(),
  Resource: text(),
  Allowed: boolean(),
  By: list(Ground),
  DeniedBy: optional(Ground),
  Missing: optional(text()),
  Asked: list(structure({ Name: text(), Values: Strings })),
})

export const Way = structure({ If: Strings, By: Strings })
export const Ability = structure({
  Actions: Strings,
  Ways: list(Way),
  MoreWays: integer(),
  Except: list(Way),
  MoreExcept: integer(),
})

const REPLAYED = { RequestId: text(), Time: text(), Principal: text(), Action: text() }
export const Flip = structure({ ...REPLAYED, Was: text(), Becomes: text(), Why: text(), IsOfDraft: boolean() })
export const Undecided = structure({ ...REPLAYED, Needs: Strings })
