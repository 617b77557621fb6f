import { type Reach, reachOfName } from './reach.ts'
import type { Constraint, Grant, Pairs, Request, World } from './world.ts'

/** Names in lower case, sorted; two pairs that differ in nothing else stay two. */
function normal(pairs: Pairs): readonly string[] {
  return Object.entries(pairs)
    .map(([name, value]) => JSON.stringify([name.toLowerCase(), value]))
    .toSorted()
}

const isWithin = (part: Pairs, whole: Pairs) => normal(part).every((pair) => normal(whole).includes(pair))
const isSame = (one: Pairs, other: Pairs) => normal(one).join() === normal(other).join()

function admits({ kind, pairs }: Constraint, context: Pairs): boolean {
  return kind === 'EncryptionContextEquals' ? isSame(pairs, context) : isWithin(pairs, context)
}

/** Whether whatever the child admits, the parent admits too. */
function isStricter(child: Constraint | undefined, parent: Constraint): boolean {
  if (child === undefined) return false
  if (parent.kind === 'EncryptionContextSubset') return isWithin(parent.pairs, child.pairs)
  return child.kind === 'EncryptionContextEquals' && isSame(parent.pairs, child.pairs)
}

const UNBOUND = ['DescribeKey', 'RetireGrant', 'Sign', 'Verify', 'GetPublicKey', 'GenerateMac']

function isFor({ operations, constraint }: Grant, { operation, encryptionContext, wanted }: Request): boolean {
  if (!operations.includes(operation)) return false
  if (operation === 'CreateGrant')
    return (
      wanted?.operations.every((each) => operations.includes(each)) === true &&
      (constraint === undefined || isStricter(wanted.constraint, constraint))
    )
  return constraint === undefined || UNBOUND.includes(operation) || admits(constraint, encryptionContext)
}

/** How the grant reaches the caller for this request. */
export function reachOfGrant(grant: Grant, request: Request, { grantIds }: World): Reach {
  return isFor(grant, request) ? reachOfName(grant.grantee, request.caller, grantIds) : 'nobody'
}
