import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { WRAPPING_ALGORITHMS, WRAPPING_KEY_SPECS, Wrapping } from '../../domain/wrapping.ts'
import { encodeFields, type Refusal } from '../wire.ts'
import type { DomainKey, DomainKeys } from './domain-keys.ts'
import { unwrap, wrap } from './wrapped.ts'

/**
 * Version of the layout of an import token: `01, u8 wrapping algorithm, u8 wrapping key spec, u64be valid to`, then the
 * wrapped private key. Layout: docs/formats.md.
 */
const VERSION = 0x01
const HEAD_BYTES = 11
const BINDING = Buffer.from('trent/v1/import-token')

/** Numbers in tokens, which outlive a version of this program by a day: never another meaning for one that was used. */
const ALGORITHM_NUMBERS = {
  RSAES_OAEP_SHA_1: 1,
  RSAES_OAEP_SHA_256: 2,
  RSA_AES_KEY_WRAP_SHA_1: 3,
  RSA_AES_KEY_WRAP_SHA_256: 4,
} as const satisfies Record<keyof typeof WRAPPING_ALGORITHMS, number>
const KEY_SPEC_NUMBERS = { RSA_2048: 1, RSA_3072: 2, RSA_4096: 3 } as const satisfies Record<
  (typeof WRAPPING_KEY_SPECS)[number],
  number
>

/** For whom a token is: the key that it imports into. */
export type TokenScope = { readonly account: Buffer; readonly region: Buffer; readonly keyId: Buffer }

const bindingOf = ({ account, region, keyId }: TokenScope, head: Buffer) =>
  encodeFields([BINDING, account, region, keyId, head])

function headOf({ algorithm, keySpec }: Wrapping, validTo: Buffer): Buffer {
  return Buffer.concat([Buffer.of(VERSION, ALGORITHM_NUMBERS[algorithm], KEY_SPEC_NUMBERS[keySpec]), validTo])
}

/**
 * Seals the private half of a wrapping key pair, so that the caller can keep it and nobody but this process can use it, for
 * this key and in this way alone.
 *
 * @param pkcs8 - is wiped.
 * @param validTo - u64be milliseconds since the epoch.
 */
export function sealToken(
  domainKey: DomainKey,
  scope: TokenScope,
  token: { readonly wrapping: Wrapping; readonly validTo: Buffer; readonly pkcs8: Buffer },
): Buffer {
  const head = headOf(token.wrapping, token.validTo)
  const wrapped = wrap(domainKey, bindingOf(scope, head), token.pkcs8)
  token.pkcs8.fill(0)
  return Buffer.concat([head, wrapped])
}

export type OpenedToken = { readonly wrapping: Wrapping; readonly privateKey: KeyObject }

/**
 * @param now - u64be milliseconds since the epoch.
 * @returns `invalidImportToken` for anything but a token of this key; only of such a token it is told that it
 *   has expired.
 */
export function openToken(
  domainKeys: DomainKeys,
  scope: TokenScope,
  token: Buffer,
  now: Buffer,
): OpenedToken | Refusal {
  const head = token.subarray(0, HEAD_BYTES)
  const wrapping = wrappingIn(head)
  if (!wrapping) return 'invalidImportToken'
  const from = { domain: scope.region.toString('latin1'), binding: bindingOf(scope, head) }
  const pkcs8 = unwrap(domainKeys, from, token.subarray(HEAD_BYTES))
  if (typeof pkcs8 === 'string') return 'invalidImportToken'
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  return now.readBigUInt64BE() < head.readBigUInt64BE(3) ? { wrapping, privateKey } : 'expiredImportToken'
}

function wrappingIn(head: Buffer): Wrapping | undefined {
  if (head.length < HEAD_BYTES || head[0] !== VERSION) return undefined
  const algorithm = numbered(ALGORITHM_NUMBERS, head[1])
  const keySpec = numbered(KEY_SPEC_NUMBERS, head[2])
  return algorithm && keySpec && { algorithm, keySpec }
}

function numbered<Name extends string>(numbers: Readonly<Record<Name, number>>, wanted: number | undefined) {
  for (const name in numbers) if (numbers[name] === wanted) return name
  return undefined
}
