import type { ServiceDefinition } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

/** The API of key management services for Kubernetes. Source: k8s.io/kms, apis/v2/api.proto. */
const DESCRIPTOR = {
  nested: {
    v2: {
      nested: {
        StatusRequest: { fields: {} },
        StatusResponse: {
          fields: {
            version: { type: 'string', id: 1 },
            healthz: { type: 'string', id: 2 },
            keyId: { type: 'string', id: 3 },
          },
        },
        DecryptRequest: {
          fields: {
            ciphertext: { type: 'bytes', id: 1 },
            uid: { type: 'string', id: 2 },
            keyId: { type: 'string', id: 3 },
            annotations: { keyType: 'string', type: 'bytes', id: 4 },
          },
        },
        DecryptResponse: { fields: { plaintext: { type: 'bytes', id: 1 } } },
        EncryptRequest: {
          fields: { plaintext: { type: 'bytes', id: 1 }, uid: { type: 'string', id: 2 } },
        },
        EncryptResponse: {
          fields: {
            ciphertext: { type: 'bytes', id: 1 },
            keyId: { type: 'string', id: 2 },
            annotations: { keyType: 'string', type: 'bytes', id: 3 },
          },
        },
        KeyManagementService: {
          methods: {
            Status: { requestType: 'StatusRequest', responseType: 'StatusResponse' },
            Decrypt: { requestType: 'DecryptRequest', responseType: 'DecryptResponse' },
            Encrypt: { requestType: 'EncryptRequest', responseType: 'EncryptResponse' },
          },
        },
      },
    },
  },
}

export type StatusAnswer = { readonly version: string; readonly healthz: string; readonly keyId: string }
export type EncryptCall = { readonly plaintext: Uint8Array; readonly uid: string }
export type EncryptAnswer = { readonly ciphertext: Uint8Array; readonly keyId: string }
export type DecryptCall = { readonly ciphertext: Uint8Array; readonly uid: string; readonly keyId: string }
export type DecryptAnswer = { readonly plaintext: Uint8Array }

/** Version of the API, as Status tells it. */
export const API_VERSION = 'v2'

/** The library's types know less of descriptors than the library. */
function parseDescriptor(value: unknown): Parameters<typeof fromJSON>[0] {
  return value as Parameters<typeof fromJSON>[0]
}

/** The service as grpc-js serves it. */
export function keyManagementService(): ServiceDefinition {
  const service = fromJSON(parseDescriptor(DESCRIPTOR), { defaults: true })['v2.KeyManagementService']
  if (service === undefined || 'format' in service) throw new TypeError('the descriptor has no service')
  return service
}
