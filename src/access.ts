import type { Config } from './config.ts'
import type { AccountId } from './domain/arn.ts'
import { authorizeInMode, issuedInMode } from './request/auth-mode.ts'
import { acceptAnyone, byOrigin, servedRegions, verifyEveryone } from './request/authenticate.ts'
import { credentialFinder } from './request/credentials.ts'
import { authorizeByPolicies } from './request/decide.ts'
import { proveForwarded } from './request/forwarded-request.ts'
import { type Iam, iamParts } from './request/iam/parts.ts'
import type { TokenVerifier } from './request/iam/web-identity.ts'
import { keyPolicies } from './request/key-policy.ts'
import { refusingToManage } from './request/managed-access.ts'
import type { Clock } from './request/ports.ts'
import type { State, Surroundings } from './state.ts'

/** Loaded by the first token, with the library that reads it. */
function tokenVerifier({ oidcKeys }: Config): TokenVerifier {
  let opened: Promise<TokenVerifier> | undefined
  const open = async () => (await import('./oidc/tokens.ts')).openTokenVerifier(oidcKeys)
  const verifier = () => {
    opened ??= open()
    return opened
  }
  return {
    issuerOf: async (token) => (await verifier()).issuerOf(token),
    verify: async (...given) => (await verifier()).verify(...given),
  }
}

export function openIam(config: Config, { store, hsm }: State, clock: Clock) {
  const admitsUnknown = config.mode === 'dev'
  return iamParts({ tokens: tokenVerifier(config), directory: store, hsm, clock, admitsUnknown })
}

type Installed = { readonly iam: Iam; readonly account: AccountId }

/** Who calls, and what they may. */
export function accessOf(
  config: Config,
  { clock, log }: Surroundings,
  { store, hsm }: State,
  { iam, account }: Installed,
) {
  const { auth, mode, regions } = config
  const isServed = mode === 'dev' ? () => true : servedRegions(regions)
  const verification = { credentials: credentialFinder({ store, hsm, clock }), isServed, realNow: Date.now }
  const { principals } = iam
  const verify = verifyEveryone({ ...verification, store, principals })
  const accept = acceptAnyone({ defaultAccount: account, principals, isUnrestricted: auth !== 'enforce' })
  const emulated = byOrigin({ accept, issued: issuedInMode(auth, { verify, accept }, log) })
  const policies = keyPolicies(clock, iam.binder)
  const byPolicies = authorizeByPolicies({ policies, compiled: iam.compiled, clock, store })
  return {
    authenticate: mode === 'dev' ? emulated : verify,
    authorize: refusingToManage(authorizeInMode(auth, byPolicies, log)),
    policies,
    proveForwarded: proveForwarded(verification),
  }
}
