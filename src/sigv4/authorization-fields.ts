/** The parts of either form as text, none of them empty but the optional ones. */
export type AuthorizationFields = {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly timestamp: string
  readonly sessionToken?: string | undefined
  readonly expires?: string | undefined
}
