import type { Scope } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'
import type { Key } from '../domain/key.ts'
import { RATE_BUCKETS_MAX } from '../domain/limits.ts'
import { type Charge, chargesOf, type RatedRequest } from '../metering/quota.ts'
import { openTokenBuckets, type Taking } from '../metering/token-bucket.ts'
import type { Fields } from '../protocol/shape.ts'
import type { Operation } from './operation.ts'
import type { Change, Clock, Store } from './ports.ts'
import { INCREASES, type Increases, increaseName, parseIncreases, type Quotas } from './quotas.ts'
import type { Targets } from './targets.ts'

/** Holds callers to the rates of their accounts. */
export type RateLimits = {
  /** @returns `ThrottlingException` when the caller's account had its requests of this second. */
  refuse(scope: Scope, operation: Operation, input: Fields, targets: Targets | undefined): ServiceError | undefined
  /** Takes note of a change that was committed: increased values are in force at once. */
  note(change: Change): void
}

/** Source: recorded answers. */
const TOO_FAST = error(
  'ThrottlingException',
  'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
)

const textIn = (input: Fields, name: string): string | undefined => {
  const value = input[name]
  return typeof value === 'string' ? value : undefined
}

const isOutside = (origin: string): origin is 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE' =>
  origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE'

/** The custom key stores that must do something for the call. Random bytes come from clusters only. */
function keyStoresOf(operation: Operation, input: Fields, keys: readonly Key[]): RatedRequest['keyStores'] {
  const named = operation.name === 'GenerateRandom' ? textIn(input, 'CustomKeyStoreId') : undefined
  if (named !== undefined) return [{ id: named, type: 'AWS_CLOUDHSM' }]
  if (!operation.crypto) return []
  return keys.flatMap(({ custody, origin }) =>
    custody && isOutside(origin) ? [{ id: custody.keyStoreId, type: origin }] : [],
  )
}

function requestOf(operation: Operation, input: Fields, targets: Targets | undefined): RatedRequest {
  const keys = Object.values(targets ?? {}).flatMap((target) => (target.kind === 'key' ? [target.key] : []))
  const keyPairSpec = textIn(input, 'KeyPairSpec')
  const otherRegion = textIn(input, 'ReplicaRegion') ?? textIn(input, 'PrimaryRegion')
  return {
    operation: operation.name,
    specs: operation.crypto ? keys.map(({ keySpec }) => keySpec) : [],
    keyStores: keyStoresOf(operation, input, keys),
    ...(keyPairSpec === undefined ? {} : { keyPairSpec }),
    ...(otherRegion === undefined ? {} : { otherRegion }),
  }
}

type Parts = { readonly store: Pick<Store, 'setting'>; readonly clock: Clock; readonly quotas: Quotas }

/** Rates by Trent's own clock. The caller's account pays, whoever owns the key. */
export async function openRateLimits({ store, clock, quotas }: Parts): Promise<RateLimits> {
  const buckets = openTokenBuckets(RATE_BUCKETS_MAX)
  let increases: Increases = parseIncreases(await store.setting(INCREASES))

  function takingOf({ account, region: own }: Scope, { quota, count, region = own, keyStore = '' }: Charge): Taking {
    const name = increaseName({ account, region }, quota.code)
    return { bucket: `${name} ${keyStore}`, count, rate: increases.get(name) ?? quotas.defaultOf(quota, region) }
  }

  return {
    refuse(scope, operation, input, targets) {
      const takings = chargesOf(requestOf(operation, input, targets)).map((charge) => takingOf(scope, charge))
      return buckets.take(takings, clock.now()) ? undefined : TOO_FAST
    },
    note(change) {
      if (change.kind === 'put-setting' && change.name === INCREASES) increases = parseIncreases(change.value)
    },
  }
}
