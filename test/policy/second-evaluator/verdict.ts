import { reachOfGrant } from './grants.ts'
import { type Reach, reachOf, reachOfName, strongest } from './reach.ts'
import { type Asked, concerning } from './statement.ts'
import { type Document, OWN, type Request, type Statement, type Verdict, type World } from './world.ts'

const isDeny = ({ Effect }: Statement) => Effect === 'Deny'
const isAllow = ({ Effect }: Statement) => Effect === 'Allow'

/** What the caller's own policies say. */
type Own = { readonly denies: boolean; readonly identity: boolean; readonly limits: boolean }

function ownOf({ identity, boundary, session }: World, { caller }: Request, asked: Asked): Own {
  if (caller.type === 'root') return { denies: false, identity: true, limits: true }
  if (caller.type === 'service' || caller.type === 'web-identity')
    return { denies: false, identity: false, limits: true }
  const isSession = caller.type === 'role-session' || caller.type === 'federated-user'
  const sessions = isSession ? session : undefined
  const about = (documents: readonly Document[]) => documents.flatMap((document) => concerning(document, asked, 'own'))
  const [ofIdentity, ofBoundary, ofSession] = [
    about(identity),
    about(boundary ? [boundary] : []),
    about(sessions ?? []),
  ]
  // A federated user without session policies may do nothing in his own right.
  const ofNoSession = caller.type !== 'federated-user'
  return {
    denies: [...ofIdentity, ...ofBoundary, ...ofSession].some(isDeny),
    identity: ofIdentity.some(isAllow),
    limits: (boundary === undefined || ofBoundary.some(isAllow)) && (sessions ? ofSession.some(isAllow) : ofNoSession),
  }
}

/** What the policy of the resource says about the caller. */
function reachIn(document: Document, { caller }: Request, asked: Asked, kind: 'key' | 'trust', world: World) {
  const reach = (statement: Statement) => reachOf(statement, caller, kind === 'key' ? world.keyIds : {})
  const about = concerning(document, asked, kind)
  return {
    denies: about.filter(isDeny).some((statement) => reach(statement) !== 'nobody'),
    reach: strongest(about.filter(isAllow).map(reach)),
  }
}

/** Whether being reached so is enough in the account of the resource, or elsewhere. */
function suffices(reach: Reach, own: Own, isAtHome: boolean): boolean {
  const all = own.identity && own.limits
  if (reach === 'nobody') return false
  if (!isAtHome || reach === 'account') return all
  return reach === 'self' || own.limits || all
}

/** Operations on keys of other accounts. Source: key policies, allowing users in other accounts to use a KMS key. */
const ABROAD =
  /^(Encrypt|Decrypt|ReEncrypt(From|To)|GenerateDataKey(Pair)?(WithoutPlaintext)?|Sign|Verify|(Generate|Verify)Mac|DeriveSharedSecret|GetPublicKey|DescribeKey|GetKeyRotationStatus|(Create|Retire|Revoke)Grant|ListGrants)$/

function mayRetire(world: World, request: Request, own: Own): boolean {
  const { caller } = request
  const grant = world.grants[request.retire]
  if (grant === undefined) return false
  const reaches = (name: string | undefined) => (name ? reachOfName(name, caller, world.grantIds) : 'nobody')
  const isIssuer = [grant.issuer, OWN].includes(caller.account)
  const links: readonly Reach[] = [
    reaches(grant.retiring),
    grant.operations.includes('RetireGrant') ? reaches(grant.grantee) : 'nobody',
    isIssuer ? (caller.type === 'root' ? 'self' : 'account') : 'nobody',
  ]
  return links.some((reach) => suffices(reach, own, true))
}

function mayUseKey(world: World, request: Request, own: Own, reach: Reach): boolean {
  const { caller, operation } = request
  if (operation === 'RetireGrant') return mayRetire(world, request, own)
  if (caller.type === 'service' || caller.type === 'web-identity') return reach === 'self'
  const isAtHome = caller.account === OWN
  if (!isAtHome && !ABROAD.test(operation)) return false
  return (
    suffices(reach, own, isAtHome) ||
    world.grants.some((grant) => suffices(reachOfGrant(grant, request, world), own, true))
  )
}

const verdict = (denies: boolean, allows: boolean): Verdict => (denies ? 'explicit' : allows ? 'allow' : 'implicit')

/** Decides as the rules of AWS are written down: docs of IAM policy evaluation and of KMS key policies and grants. */
export function decide(world: World, request: Request): Verdict {
  const { on, caller, operation, resource, context } = request
  const asked: Asked = { action: on === 'role' ? 'sts:AssumeRole' : `kms:${operation}`, resource, context }
  const own = ownOf(world, request, asked)
  const isAtHome = caller.account === OWN
  if (on === 'account') return verdict(own.denies, own.identity && own.limits && isAtHome)
  const document = on === 'role' ? world.trust : world.key
  const found = reachIn(document, request, asked, on === 'role' ? 'trust' : 'key', world)
  const denies = own.denies || found.denies
  if (on === 'key') return verdict(denies, mayUseKey(world, request, own, found.reach))
  const isOutside = caller.type === 'service' || caller.type === 'web-identity'
  return verdict(denies, isOutside ? found.reach === 'self' : suffices(found.reach, own, isAtHome))
}
