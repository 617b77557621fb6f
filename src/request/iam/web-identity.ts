import type { AccountId } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { type OidcProvider, parseProviderUrl } from '../../domain/iam.ts'
import type { Clock } from '../ports.ts'
import type { Directory } from './directory.ts'

/** What a token that was verified says; nothing else of it is looked at. */
export type TokenClaims = {
  readonly subject: string
  readonly audiences: readonly string[]
  /** Who the token was made for, when it has several audiences. */
  readonly authorizedParty?: string
  readonly methods: readonly string[]
}

/** Reads and verifies tokens of identity providers. */
export type TokenVerifier = {
  /** The issuer that a token claims to be from, not verified; nothing when it is no token. */
  issuerOf(token: string): Promise<string | undefined>
  /**
   * What the token says when its signature is the provider's and its time has come and not gone.
   *
   * @param now - milliseconds since the epoch.
   * @returns `InvalidIdentityToken`, `ExpiredIdentityToken`, `IDPCommunicationError`.
   */
  verify(issuer: string, token: string, now: number): Promise<TokenClaims | ServiceError>
}

/** Somebody whom a provider of the account vouches for. */
export type WebIdentityProof = {
  readonly provider: OidcProvider
  readonly claims: TokenClaims
  /** The audience for which the provider was made known. */
  readonly audience: string
}

export type WebIdentityParts = {
  readonly directory: Pick<Directory, 'findEntity'>
  readonly tokens: TokenVerifier
  readonly clock: Clock
}

/** Finds the provider of a token in the account and verifies the token. Texts: answers of STS. */
export async function proveWebIdentity(
  { directory, tokens, clock }: WebIdentityParts,
  account: AccountId,
  token: string,
): Promise<WebIdentityProof | ServiceError> {
  const issuer = await tokens.issuerOf(token)
  if (issuer === undefined)
    return error(
      'InvalidIdentityToken',
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    )
  const url = parseProviderUrl(issuer)
  const provider = url === undefined ? undefined : await directory.findEntity(account, 'oidc-provider', url)
  if (!provider || provider.url !== url)
    return error('InvalidIdentityToken', `No OpenIDConnect provider found in your account for ${issuer}`)
  const claims = await tokens.verify(issuer, token, clock.now())
  if (isError(claims)) return claims
  const audience = [...claims.audiences, claims.authorizedParty].find(
    (each) => each !== undefined && provider.clientIds.includes(each),
  )
  return audience === undefined
    ? error('InvalidIdentityToken', 'Incorrect token audience')
    : { provider, claims, audience }
}
