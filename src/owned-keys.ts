import type { DomainKeyStore } from './hsm/client.ts'
import type { Clock, Ids, Store, Trail, WrappedDomainKey } from './request/ports.ts'
import { eventLine } from './trail/event.ts'

/** What a key protects that belongs to no account: of every Region, and of no Region. */
const PROTECTS = {
  region: ['key material', 'import tokens', 'secrets of custom key stores'],
  global: ['secrets of access keys', 'session tokens', 'seeds of MFA devices'],
} as const
const GLOBAL = 'aws-global'

type Parts = {
  readonly store: Pick<Store, 'domainKeys' | 'insertDomainKey'>
  readonly clock: Clock
  readonly ids: Ids
  /** Opened after the key process, and before it makes any key. */
  readonly trail: () => Pick<Trail, 'append'>
}

/**
 * Keeps the keys that the service owns: no account sees them, and they protect what is stored on its own behalf. That one was
 * made, or took the place of another, is told in the trail, in no account's log.
 *
 * `save` rejects when that cannot be written, and then the key is not used.
 */
export function keepingOwnedKeys({ store, clock, ids, trail }: Parts): DomainKeyStore {
  return {
    load: () => store.domainKeys(),
    async save(key) {
      const before = (await store.domainKeys()).findLast(({ region }) => region === key.region)
      await store.insertDomainKey(key)
      const failure = await trail().append(madeEvent(key, before, ids.uuid(), clock.now()))
      if (failure) throw new Error('that an owned key was made could not be recorded', { cause: failure })
    },
  }
}

function madeEvent(
  { region, id }: WrappedDomainKey,
  before: WrappedDomainKey | undefined,
  eventId: string,
  time: number,
): string {
  return eventLine({
    eventId,
    time,
    eventSource: 'control.trent',
    eventName: before ? 'RotateOwnedKey' : 'CreateOwnedKey',
    region,
    sourceIpAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    identity: { type: 'AWSService', invokedBy: 'AWS Internal' },
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    eventType: 'AwsServiceEvent',
    serviceEventDetails: {
      keyId: id,
      ...(before ? { previousKeyId: before.id } : {}),
      protects: region === GLOBAL ? PROTECTS.global : PROTECTS.region,
    },
  })
}
