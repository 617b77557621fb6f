import { error, isError, type ServiceError } from '../domain/error.ts'
import type { WrappedKey } from '../domain/key.ts'
import { DIGEST_KEY_VALIDITY_MS, DIGEST_KEYS_MAX, DIGEST_PERIOD_MS } from '../domain/limits.ts'
import { fingerprintOf } from '../trail/log-files/fingerprint.ts'
import type { KeyProcess, Store } from './ports.ts'
import { openTurns } from './turns.ts'

/** A key that signs digest files, by its public half. */
export type DigestKey = {
  /** 32 hex digits. */
  readonly fingerprint: string
  /** DER, PKCS#1. */
  readonly publicKey: Uint8Array
  readonly wrapped: WrappedKey
  /** Milliseconds since the epoch: digests that end from then on until then are signed with it. */
  readonly from: number
  readonly to: number
}

/** The keys of this installation's digest files. */
export type DigestKeys = {
  /** The fingerprint of the key for a digest that ends at that time; a key is made when there is none. */
  at(end: number): Promise<string | ServiceError>
  /** The signature of a digest's text, hex; `KMSInternalException` for a key that is not known. */
  sign(fingerprint: string, text: string): Promise<string | ServiceError>
  /** Keys that are valid at some time between the two, oldest first. */
  between(from: number, to: number): Promise<readonly DigestKey[]>
}

/** Name of the setting that holds them. */
const SETTING = 'digest-keys'

type Kept = Pick<DigestKey, 'from' | 'to'> & { readonly publicKey: string; readonly wrapped: string }

function parseKept(text: string): readonly Kept[] {
  return JSON.parse(text) as readonly Kept[]
}

function parseWrapped(text: string): WrappedKey {
  return Buffer.from(text, 'base64') as Uint8Array as WrappedKey
}

function keyOf({ publicKey, wrapped, from, to }: Kept): DigestKey {
  const bytes = Buffer.from(publicKey, 'base64')
  return { fingerprint: fingerprintOf(bytes), publicKey: bytes, wrapped: parseWrapped(wrapped), from, to }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

function keptText(keys: readonly DigestKey[]): string {
  return JSON.stringify(
    keys.map(({ publicKey, wrapped, from, to }) => ({
      publicKey: base64(publicKey),
      wrapped: base64(wrapped),
      from,
      to,
    })),
  )
}

/** Keys are made when they are first needed, each for a year; old ones stay, for what they signed. */
export function openDigestKeys(store: Pick<Store, 'setting' | 'putSetting'>, hsm: KeyProcess): DigestKeys {
  const load = async () => parseKept((await store.setting(SETTING)) ?? '[]').map(keyOf)
  const turns = openTurns()

  async function make(keys: readonly DigestKey[], end: number): Promise<string | ServiceError> {
    if (keys.length >= DIGEST_KEYS_MAX) return error('KMSInternalException', 'there are too many keys for digests')
    const made = await hsm.createDigestKey()
    if (isError(made)) return made
    const fingerprint = fingerprintOf(made.publicKey)
    // The digest that it is made for began before it.
    const from = end - DIGEST_PERIOD_MS
    const key: DigestKey = { ...made, fingerprint, from, to: from + DIGEST_KEY_VALIDITY_MS }
    await store.putSetting(SETTING, keptText([...keys, key]))
    return fingerprint
  }

  async function findOrMake(end: number): Promise<string | ServiceError> {
    const keys = await load()
    return keys.findLast(({ from, to }) => from <= end && end < to)?.fingerprint ?? make(keys, end)
  }

  return {
    // One after the other, so that two digests do not make two keys.
    at: (end) => turns.take(SETTING, () => findOrMake(end)),
    async sign(fingerprint, text) {
      const key = (await load()).find((each) => each.fingerprint === fingerprint)
      if (!key) return error('KMSInternalException', undefined, 'no such key for digests')
      const signature = await hsm.signDigest(key.wrapped, text)
      return isError(signature) ? signature : Buffer.from(signature).toString('hex')
    },
    between: async (from, to) => (await load()).filter((key) => key.from <= to && key.to >= from),
  }
}
