import type { Metadata } from './answer.ts'
import type { Caller, TestTrent } from './trent.ts'

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** 32 hex digits in a UUID's form that no key has. */
export const NO_KEY = '00000000-0000-4000-8000-000000000000'

export async function createKey(trent: TestTrent, caller?: Caller, input: object = {}): Promise<Metadata> {
  return (await trent.ok('CreateKey', input, caller)).KeyMetadata
}

export function createHmacKey(trent: TestTrent, caller?: Caller, size: 224 | 256 | 384 | 512 = 256): Promise<Metadata> {
  return createKey(trent, caller, { KeySpec: `HMAC_${size}`, KeyUsage: 'GENERATE_VERIFY_MAC' })
}

/** A ciphertext of `text` under the key. */
export async function encrypt(trent: TestTrent, KeyId: string, text: string, caller?: Caller): Promise<string> {
  return (await trent.ok('Encrypt', { KeyId, Plaintext: base64(text) }, caller)).CiphertextBlob
}
