import type { Brand } from './brand.ts'

/** `cks-` and 17 hex digits. */
export type CustomKeyStoreId = Brand<string, 'CustomKeyStoreId'>

/** Which custom key store holds a key, and by which name the key manager outside knows it. */
export type Custody = { readonly keyStoreId: CustomKeyStoreId; readonly xksKeyId?: string }
