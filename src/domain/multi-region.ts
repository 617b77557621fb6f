import type { Region } from './arn.ts'
import { error, type ServiceError } from './error.ts'
import type { Key, RelatedKeys } from './key.ts'

/** What of a key says which part it has among its related keys. */
export type Relative = Pick<Key, 'region' | 'related'>

/** The part of a multi-Region key. @returns nothing for a single-Region key. */
export function multiRegionKeyType({ region, related }: Relative): 'PRIMARY' | 'REPLICA' | undefined {
  if (!related) return undefined
  return related.primary === region ? 'PRIMARY' : 'REPLICA'
}

export function isReplica(key: Relative): boolean {
  return multiRegionKeyType(key) === 'REPLICA'
}

/** Whether replicas depend on this key. */
export function hasReplicas(key: Relative): boolean {
  return multiRegionKeyType(key) === 'PRIMARY' && key.related !== undefined && key.related.replicas.length > 0
}

/** Where the other related keys are. */
export function otherRegions({ region, related }: Relative): readonly Region[] {
  return related ? [related.primary, ...related.replicas].filter((other) => other !== region) : []
}

export function withReplica({ primary, replicas }: RelatedKeys, region: Region): RelatedKeys {
  return { primary, replicas: [...replicas, region] }
}

export function withoutReplica({ primary, replicas }: RelatedKeys, region: Region): RelatedKeys {
  return { primary, replicas: replicas.filter((other) => other !== region) }
}

/** The primary and the replica in `region` with their parts exchanged. */
export function withPrimary(related: RelatedKeys, region: Region): RelatedKeys {
  const { replicas } = withoutReplica(related, region)
  return { primary: region, replicas: [...replicas, related.primary] }
}

const notPrimary = ({ arn }: Pick<Key, 'arn'>) =>
  error('UnsupportedOperationException', `${arn} is not a multi-region primary key.`)

/** What only a primary may be asked. Source: recorded answer of ReplicateKey for a replica. */
export function refuseUnlessPrimary(key: Relative & Pick<Key, 'arn'>): ServiceError | undefined {
  return multiRegionKeyType(key) === 'PRIMARY' ? undefined : notPrimary(key)
}

/** What a single-Region key and a primary may be asked: replicas follow their primary. Source: KMS developer guide. */
export function refuseReplica(key: Relative & Pick<Key, 'arn'>): ServiceError | undefined {
  return isReplica(key) ? notPrimary(key) : undefined
}
