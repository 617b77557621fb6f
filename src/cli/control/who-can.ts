import type { ClientOptions } from '../client-options.ts'
import { type Failure, isFailure } from '../failure.ts'
import { type Column, type ShowOptions, showRows } from '../show.ts'
import { type Answer, controlClient } from './call.ts'
import { everyPage } from './pages.ts'

type Way = { readonly If: readonly string[]; readonly By: readonly string[] }
type Ability = {
  readonly Actions: readonly string[]
  readonly Ways: readonly Way[]
  readonly MoreWays: number
  readonly Except: readonly Way[]
  readonly MoreExcept: number
}
type Able = { readonly Principal: string; readonly Abilities: readonly Ability[] }
type Row = Ability & { readonly Principal: string }

const COLUMNS: readonly Column<Row>[] = [
  ['Principal', ({ Principal }) => Principal],
  ['Actions', ({ Actions }) => Actions.map((name) => name.replace(/^kms:/, '')).join(' ')],
  ['Conditions', conditions],
  ['By', ({ Ways }) => Ways[0]?.By.join(', and ')],
]

/** Prints who can use a key, a line for each principal and set of conditions. */
export async function whoCan(
  key: string,
  action: string | undefined,
  options: ClientOptions & ShowOptions,
): Promise<Failure | undefined> {
  const client = await controlClient(options)
  if (isFailure(client)) return client
  const able: Able[] = []
  let isCut = false
  const input = { KeyId: key, ...(action === undefined ? {} : { Action: action }) }
  const failed = await everyPage(client, 'WhoCan', input, (answer) => {
    able.push(...parsePrincipals(answer))
    isCut ||= answer.GrantsOmitted === true
    return {}
  })
  if (failed) return failed
  if (options.json) showRows(able, [], options)
  else
    showRows(
      able.flatMap(({ Principal, Abilities }) => Abilities.map((each) => ({ ...each, Principal }))),
      COLUMNS,
      options,
    )
  if (isCut) process.stderr.write('trent: the key has more grants than were looked at\n')
  return undefined
}

/** `if mfa and tenant=42, or if …; except if …` */
function conditions({ Ways, MoreWays, Except, MoreExcept }: Ability): string {
  const ways = Ways.some(({ If }) => If.length === 0) ? 'always' : alternatives(Ways, MoreWays)
  return Except.length === 0 ? ways : `${ways}; except ${alternatives(Except, MoreExcept)}`
}

function alternatives(ways: readonly Way[], more: number): string {
  const told = ways.map(({ If }) => `if ${If.join(' and ')}`).join(', or ')
  return more === 0 ? told : `${told}, or in ${more} more ways`
}

function parsePrincipals({ Principals }: Answer): readonly Able[] {
  return Array.isArray(Principals) ? (Principals as Able[]) : []
}
