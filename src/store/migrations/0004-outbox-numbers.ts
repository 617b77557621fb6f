/**
 * A commit can have several events: they are numbered from EVENTS_PER_COMMIT_MAX times its epoch on. Events that wait from
 * before keep their epoch, which is lower than any number that follows.
 */
export function outboxNumbers(): readonly string[] {
  return ['alter table outbox rename column epoch to number']
}
