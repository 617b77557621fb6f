import type { Dialect } from './dialect.ts'

/** Digests of signatures that services have forwarded, as long as the signatures are fresh: each is good once. */
export function forwardedRequests({ bytes, integer, clustered }: Dialect): readonly string[] {
  return [
    `create table forwarded_requests (digest ${bytes} primary key, fresh_until ${integer} not null) ${clustered}`,
    'create index forwarded_requests_by_time on forwarded_requests (fresh_until, digest)',
  ]
}
