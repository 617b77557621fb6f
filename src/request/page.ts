/** Names after `after` in order, `limit` at the most. */
export type Page<After> = { readonly after?: After; readonly limit: number }
