import { compileAction, compileActions } from '../policy/action.ts'
import type { PrincipalEntry } from '../policy/principal.ts'
import type { Statement } from '../policy/statement.ts'

/** What of policies rules look for. Conditions are looked at only where it is said. */

/** Condition keys by which a statement for everybody is narrowed to somebody. Source: AWS Config, kms-key-policy-no-public-access. */
const NARROWING_KEYS: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceip',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  'kms:calleraccount',
])
/** Operators that ask for one of their values; those that a request without the key passes are not among them. */
const NARROWING_OPERATORS = /^(?:foranyvalue:)?(?:stringequals(?:ignorecase)?|stringlike|arnequals|arnlike|ipaddress)$/i
const isFixed = (value: string): boolean => !/[*?]|\$\{/.test(value) && value !== '0.0.0.0/0' && value !== '::/0'

const isNarrowed = ({ conditions }: Statement): boolean =>
  conditions.some(
    ({ text, key, values }) =>
      NARROWING_OPERATORS.test(text) && NARROWING_KEYS.has(key.toLowerCase()) && values.every(isFixed),
  )

/** How a statement is called: its Sid, else its place from 1. */
export const labelOf = ({ sid, index }: Statement): string => (sid ? `'${sid}'` : `${index + 1}`)

const allows = (statements: readonly Statement[]) => statements.filter(({ effect }) => effect === 'Allow')

/** A statement that lets everybody in, without a condition with fixed values that narrows it. */
export function publicStatement(statements: readonly Statement[]): Statement | undefined {
  return allows(statements).find((statement) => {
    const { principals, actions } = statement
    const isForAll = principals?.negated || principals?.entries.some(({ type }) => type === 'everyone')
    return isForAll === true && actions !== undefined && !isNarrowed(statement)
  })
}

/** Why a key policy gives more than it should, though not to everybody. */
export function overBroad(statements: readonly Statement[], account: string): string | undefined {
  for (const statement of allows(statements)) {
    const { principals, actions, conditions } = statement
    if (!principals || !actions || conditions.length > 0) continue
    if (principals.negated)
      return `Statement ${labelOf(statement)} of the key policy allows all but some (NotPrincipal).`
    if (actions.negated)
      return `Statement ${labelOf(statement)} of the key policy allows all but some actions (NotAction).`
    for (const entry of principals.entries) {
      const why = tooMuchFor(entry, account, coversAll(statement))
      if (why !== undefined) return `Statement ${labelOf(statement)} of the key policy ${why}.`
    }
  }
  return undefined
}

const coversAll = ({ actions }: Statement): boolean =>
  actions !== undefined && !actions.negated && actions.patterns.some((pattern) => /^(?:\*|kms:\*)$/i.test(pattern))

function tooMuchFor(entry: PrincipalEntry, account: string, isAll: boolean): string | undefined {
  if (entry.type === 'account' && entry.account !== account) return `trusts the whole of account ${entry.account}`
  if (!isAll || entry.type === 'account') return undefined
  return `allows every action (kms:*) to ${'arn' in entry ? entry.arn : entry.type}`
}

/** Whether a resource pattern is all keys. Source: AWS Config, iam-customer-policy-blocked-kms-actions. */
const isAllKeys = (pattern: string): boolean =>
  pattern === '*' || /^arn:[^:]*:(?:kms|\*):[^:]*:[^:]*:(?:key\/\*|\*)$/.test(pattern)

const onAllKeys = ({ resources }: Statement): boolean =>
  resources !== undefined && (resources.negated || resources.patterns.some(isAllKeys))

/** A spelled-out action is met by any pattern that covers it; a pattern meets a pattern when they are the same, or cover each other. */
function meets({ actions }: Statement, blocked: string): boolean {
  if (!actions) return false
  const name = blocked.toLowerCase()
  if (compileActions(actions)(name)) return true
  if (actions.negated || !/[*?]/.test(name)) return false
  const isBlocked = compileAction(name)
  return actions.patterns.some((pattern) => isBlocked(pattern.toLowerCase()))
}

/** A statement that allows one of the actions on all keys; conditions are passed over, as by AWS. */
export function blockedStatement(
  statements: readonly Statement[],
  blocked: readonly string[],
): { readonly statement: Statement; readonly action: string } | undefined {
  for (const statement of allows(statements).filter(onAllKeys)) {
    const action = blocked.find((pattern) => meets(statement, pattern))
    if (action !== undefined) return { statement, action }
  }
  return undefined
}

/** The same without conditions. */
export function unconditionalOnAllKeys(statements: readonly Statement[], action: string): Statement | undefined {
  return blockedStatement(
    statements.filter(({ conditions }) => conditions.length === 0),
    [action],
  )?.statement
}

/** A statement that allows everything on everything, or every action of one service. */
export function adminStatement(statements: readonly Statement[], scope: 'all' | 'service'): Statement | undefined {
  const isWhole = (pattern: string) => pattern === '*' || (scope === 'service' && /^[a-z0-9-]+:\*$/i.test(pattern))
  return allows(statements).find(
    ({ actions, resources }) =>
      actions !== undefined &&
      !actions.negated &&
      actions.patterns.some(isWhole) &&
      (scope === 'service' || resources?.patterns.includes('*') === true),
  )
}

/** What changes, hands over or destroys a key. */
const ADMINISTRATION = [
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'kms:DisableKey',
  'kms:CreateGrant',
  'kms:DeleteImportedKeyMaterial',
]
const MFA_KEYS: ReadonlySet<string> = new Set(['aws:multifactorauthpresent', 'aws:multifactorauthage'])

const asksForMfa = ({ conditions }: Statement): boolean =>
  conditions.some(({ text, key, values }) => {
    const name = key.toLowerCase()
    // `BoolIfExists` passes long-term access keys, which have never shown a code.
    if (!MFA_KEYS.has(name) || /ifexists$/i.test(text)) return false
    return name === 'aws:multifactorauthage' || (/^bool$/i.test(text) && values.every((value) => value === 'true'))
  })

/** Statements that let somebody administer keys without asking for MFA. */
export function administeringStatements(statements: readonly Statement[]): readonly Statement[] {
  return allows(statements).filter(
    (statement) => !asksForMfa(statement) && ADMINISTRATION.some((action) => meets(statement, action)),
  )
}
