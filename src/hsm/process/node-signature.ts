import { type SignKeyObjectInput, sign, type VerifyKeyObjectInput, verify } from 'node:crypto'

/**
 * Signs with OpenSSL.
 *
 * @param isSlow - whether it happens beside the event loop. That costs a fast algorithm as much as it saves others.
 * @param hash - what hashes the message; nothing for algorithms that have their own.
 */
export function nodeSign(
  isSlow: boolean,
  hash: string | undefined,
  message: Buffer,
  key: SignKeyObjectInput,
): Buffer | Promise<Buffer> {
  if (!isSlow) return sign(hash, message, key)
  return new Promise((resolve, reject) => {
    sign(hash, message, key, (error, signature) => (error ? reject(error) : resolve(signature)))
  })
}

/** Whether a signature is valid; a malformed one is not. Arguments as for `nodeSign`. */
export function nodeVerify(
  isSlow: boolean,
  hash: string | undefined,
  message: Buffer,
  key: VerifyKeyObjectInput,
  signature: Buffer,
): boolean | Promise<boolean> {
  if (!isSlow) return verify(hash, message, key, signature)
  return new Promise((resolve, reject) => {
    verify(hash, message, key, signature, (error, isValid) => (error ? reject(error) : resolve(isValid)))
  })
}
