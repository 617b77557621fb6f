import { createHmac, type KeyObject } from 'node:crypto'

/** `u32be i`: every key derived here is one block of HMAC-SHA-256 long. */
const BLOCK_NUMBER = Buffer.of(0, 0, 0, 1)
/** `u32be L`, in bits. */
const LENGTH_BITS = Buffer.of(0, 0, 1, 0)

/**
 * What HMAC runs over in SP 800-108 counter mode: `u32be i, label, 00, context, u32be L`.
 *
 * @param context - of a length that is fixed by the label, so that no two contexts give the same input.
 */
export function derivationInput(label: string, context: Uint8Array): Buffer {
  return Buffer.concat([BLOCK_NUMBER, Buffer.from(label), Buffer.of(0), context, LENGTH_BITS])
}

/** Bytes of `input` before its context, when it was made with `label`. */
export function contextOffset(label: string): number {
  return BLOCK_NUMBER.length + Buffer.byteLength(label) + 1
}

/**
 * @param input - as `derivationInput` makes it.
 * @returns 32 bytes, to be wiped by the caller.
 * Source: NIST SP 800-108r1, counter mode with HMAC-SHA-256.
 */
export function deriveKey(key: KeyObject, input: Uint8Array): Buffer {
  return createHmac('sha256', key).update(input).digest()
}

export type SigningScope = { readonly date: Buffer; readonly region: Buffer; readonly service: Buffer }

/**
 * @param secret - the secret access key's characters.
 * @returns the 32 bytes that sign requests of one day, Region and service, to be wiped by the caller.
 * Source: IAM user guide, "Create a signed AWS API request", step 4.
 */
export function deriveSigningKey(secret: Buffer, scope: SigningScope): Buffer {
  let key = Buffer.concat([Buffer.from('AWS4'), secret])
  for (const part of [scope.date, scope.region, scope.service, Buffer.from('aws4_request')]) {
    const next = createHmac('sha256', key).update(part).digest()
    key.fill(0)
    key = next
  }
  return key
}
