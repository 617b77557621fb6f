/** The operator's log. Members are allow-listed by the composition; nothing secret is ever handed in. */
export interface Log {
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  error(message: string, facts?: LogFacts & { readonly cause?: unknown }): void
}

export type LogFacts = {
  readonly requestId?: string
  readonly operation?: string
  /** Why a call would be refused, in the words of the refusal. */
  readonly reason?: string
  readonly code?: string
  readonly count?: number
}
