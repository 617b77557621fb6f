/** How one database spells what the schema needs. Everything else in the schema is SQL that all of them share. */
export type Dialect = {
  /** Compared by bytes, so that every database pages in the same order. */
  readonly text: string
  readonly bytes: string
  /** 64 bits. */
  readonly integer: string
  /** Ends a table that is read by its primary key. */
  readonly clustered: string
  /** Ends any other table. */
  readonly plain: string
}

// STRICT: a value of the wrong type is refused when it is written, as PostgreSQL does. WITHOUT ROWID: rows live in the
// primary key's own tree, which saves a second one of every name.
export const SQLITE: Dialect = {
  text: 'text',
  bytes: 'blob',
  integer: 'integer',
  clustered: 'strict, without rowid',
  plain: 'strict',
}
