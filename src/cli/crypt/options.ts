import type { ClientOptions } from '../client-options.ts'

/** What `encrypt` and `decrypt` are both told. */
export type CryptOptions = ClientOptions & {
  readonly in?: string
  readonly out?: string
  readonly context?: readonly string[]
  // The service refuses the ones that it does not know.
  readonly algorithm?: 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_1' | 'RSAES_OAEP_SHA_256' | 'SM2PKE'
}

export type EncryptOptions = CryptOptions & {
  readonly key: string
  readonly base64?: boolean
  readonly force?: boolean
}

export type DecryptOptions = CryptOptions & { readonly key?: string }
