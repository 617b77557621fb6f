import { groundOf, shownWays } from '../../request/explain/grounds.ts'
import type { shownToItsAccount } from '../../request/explain/recorded.ts'
import type { Able } from '../../request/explain/who-can.ts'
import { groundWords } from '../../request/explain/words.ts'

type Checks = NonNullable<ReturnType<typeof shownToItsAccount>['checks']>
type Check = Checks[number]

/** A check as answers tell it. */
export function shownCheck({ action, resource, allowed, by, deniedBy, missing, asked }: Check) {
  return {
    Action: action,
    Resource: resource,
    Allowed: allowed,
    By: by.map(shownGround),
    Asked: [...asked].map(([Name, Values]) => ({ Name, Values })),
    ...(deniedBy ? { DeniedBy: shownGround(deniedBy) } : {}),
    ...(missing === undefined ? {} : { Missing: missing }),
  }
}

function shownGround({ source, policy, statement, sid, grant, root }: Check['by'][number]) {
  return {
    ...(source === undefined ? {} : { Source: source }),
    ...(policy === undefined ? {} : { Policy: policy }),
    ...(statement === undefined ? {} : { Statement: statement }),
    ...(sid === undefined ? {} : { Sid: sid }),
    ...(grant === undefined ? {} : { GrantId: grant }),
    ...(root ? { RootUser: true } : {}),
  }
}

/** What somebody can do, as answers tell it. */
export function shownAble({ candidate, abilities }: Able) {
  return { Principal: candidate.name, Abilities: abilities.map(shownAbility) }
}

function shownAbility({ actions, ways }: Able['abilities'][number]) {
  const allowed = shownWays(ways.allowed)
  const except = shownWays(ways.except)
  return {
    Actions: actions,
    Ways: allowed.shown.map(shownWay),
    MoreWays: allowed.more,
    Except: except.shown.map(shownWay),
    MoreExcept: except.more,
  }
}

function shownWay({ by, conditions }: Able['abilities'][number]['ways']['allowed'][number]) {
  return { If: conditions, By: by.map((ground) => groundWords(groundOf(ground))) }
}
