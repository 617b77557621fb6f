import type { Region } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'
import { DOMAIN_KEYS_MAX } from '../domain/limits.ts'
import type { WrappedDomainKey } from '../request/ports.ts'
import type { Connection } from './connection.ts'
import { REPLIES } from './wire.ts'

/** Where domain keys are kept. */
export type DomainKeyStore = {
  load(): Promise<readonly WrappedDomainKey[]>
  /** Resolves once the key is durable. */
  save(key: WrappedDomainKey): Promise<void>
}

/** Hands kept domain keys to key processes, and keeps new ones before anything is wrapped under them. */
export type DomainKeyKeeper = {
  /** Hands every known domain key to a new process. @returns in words why it cannot use them. */
  handOver(connection: Connection): Promise<string | undefined>
  /** Reads the store again, for keys that another node has made, and hands over those that are new. */
  reload(connection: Connection): Promise<undefined | ServiceError>
  /** Has a new domain key made, kept and used for `domain`; callers that ask at the same time share one. */
  renew(connection: Connection, domain: string): Promise<undefined | ServiceError>
}

function instant(createdAt: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt(createdAt))
  return bytes
}

function parseMade([id, createdAt, wrapped]: readonly Buffer[], domain: string): WrappedDomainKey | undefined {
  if (!id || createdAt?.length !== 8 || !wrapped) return undefined
  return { region: domain as Region, id: id.toString('hex'), createdAt: Number(createdAt.readBigUInt64BE()), wrapped }
}

async function adopt(connection: Connection, key: WrappedDomainKey): Promise<string | undefined> {
  const fields = [Buffer.from(key.region), Buffer.from(key.id, 'hex'), instant(key.createdAt), key.wrapped]
  const reply = await connection.call('adoptDomainKey', fields)
  if (reply?.code === REPLIES.ok) return undefined
  if (reply?.code === REPLIES.wrongRootKey) return 'the root key does not open this store'
  return 'the key process does not take a domain key of this store'
}

async function adoptAll(connection: Connection, keys: Iterable<WrappedDomainKey>): Promise<string | undefined> {
  const failures = await Promise.all(Array.from(keys, (key) => adopt(connection, key)))
  return failures.find((failure) => failure !== undefined)
}

const internal = (cause: unknown) => error('KMSInternalException', undefined, cause)

/** @returns the keeper with every key of the store; the store's own failure is passed on by rejecting. */
export async function createDomainKeyKeeper(store: DomainKeyStore): Promise<DomainKeyKeeper> {
  const known = new Map<string, WrappedDomainKey>()
  const renewals = new Map<string, Promise<undefined | ServiceError>>()
  const remember = (keys: readonly WrappedDomainKey[]) => {
    const fresh = keys.filter((key) => !known.has(key.id)).slice(0, DOMAIN_KEYS_MAX - known.size)
    for (const key of fresh) known.set(key.id, key)
    return fresh
  }
  const renewNow = async (connection: Connection, domain: string) => {
    const reply = await connection.call('makeDomainKey', [Buffer.from(domain)])
    const made = reply?.code === REPLIES.ok ? parseMade(reply.fields, domain) : undefined
    if (!made) return internal('no domain key was made')
    // Durable before it is used: what is wrapped under a lost domain key is lost.
    await store.save(made)
    remember([made])
    const failure = await adopt(connection, made)
    return failure === undefined ? undefined : internal(failure)
  }
  remember(await store.load())
  return {
    handOver: (connection) => adoptAll(connection, known.values()),
    async reload(connection) {
      try {
        remember(await store.load())
      } catch (cause) {
        return internal(cause)
      }
      // All, because this process may have been started before others were known.
      const failure = await adoptAll(connection, known.values())
      return failure === undefined ? undefined : internal(failure)
    },
    renew(connection, domain) {
      const running = renewals.get(domain)
      if (running) return running
      // The only rejection is the store's: the call fails, and the next one tries again.
      const renewal = renewNow(connection, domain).catch(internal)
      renewals.set(domain, renewal)
      return renewal.finally(() => renewals.delete(domain))
    },
  }
}
