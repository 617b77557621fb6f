import { CONNECTION_ERROR_CODES, type CustomKeyStore } from '../../domain/custom-key-store.ts'
import { oneOf, optional, secretText, structure, text, timestamp, type ValueOf } from '../../protocol/shape.ts'
import { CloudHsmClusterIdType, CustomKeyStoreIdType } from './shapes.ts'

/** Shapes of custom key stores, named as in the service model (2014-11-01). */

export const CustomKeyStoreNameType = text(1, 256)
export const CustomKeyStoreTypeType = oneOf('AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE')
export const TrustAnchorCertificateType = text(1, 5000)
export const KeyStorePasswordType = secretText(7, 32)
export const XksProxyConnectivityType = oneOf('PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE')
export const XksProxyUriEndpointType = text(10, 128, '^https://[a-zA-Z0-9.-]+$')
export const XksProxyUriPathType = text(10, 128, '^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$')
export const XksProxyVpcEndpointServiceNameType = text(
  20,
  64,
  '^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$',
)
export const AccountIdType = text(12, 12, '[0-9]{12}')
const XksProxyAuthenticationAccessKeyIdType = secretText(20, 30, '^[A-Z2-7]+$')
export const XksProxyAuthenticationCredentialType = structure({
  AccessKeyId: XksProxyAuthenticationAccessKeyIdType,
  RawSecretAccessKey: secretText(43, 64, '^[a-zA-Z0-9\\/+=]+$'),
})

/** Members that CreateCustomKeyStore and UpdateCustomKeyStore both take. */
export const settingsInput = {
  CloudHsmClusterId: optional(CloudHsmClusterIdType),
  KeyStorePassword: optional(KeyStorePasswordType),
  XksProxyUriEndpoint: optional(XksProxyUriEndpointType),
  XksProxyUriPath: optional(XksProxyUriPathType),
  XksProxyVpcEndpointServiceName: optional(XksProxyVpcEndpointServiceNameType),
  XksProxyVpcEndpointServiceOwner: optional(AccountIdType),
  XksProxyAuthenticationCredential: optional(XksProxyAuthenticationCredentialType),
  XksProxyConnectivity: optional(XksProxyConnectivityType),
} as const

export const CustomKeyStoresListEntry = structure({
  CustomKeyStoreId: optional(CustomKeyStoreIdType),
  CustomKeyStoreName: optional(CustomKeyStoreNameType),
  CloudHsmClusterId: optional(CloudHsmClusterIdType),
  TrustAnchorCertificate: optional(TrustAnchorCertificateType),
  ConnectionState: optional(oneOf('CONNECTED', 'CONNECTING', 'FAILED', 'DISCONNECTED', 'DISCONNECTING')),
  ConnectionErrorCode: optional(oneOf(...CONNECTION_ERROR_CODES)),
  CreationDate: optional(timestamp()),
  CustomKeyStoreType: optional(CustomKeyStoreTypeType),
  XksProxyConfiguration: optional(
    structure({
      Connectivity: optional(XksProxyConnectivityType),
      AccessKeyId: optional(XksProxyAuthenticationAccessKeyIdType),
      UriEndpoint: optional(XksProxyUriEndpointType),
      UriPath: optional(XksProxyUriPathType),
      VpcEndpointServiceName: optional(XksProxyVpcEndpointServiceNameType),
      VpcEndpointServiceOwner: optional(AccountIdType),
    }),
  ),
})

/** A store as DescribeCustomKeyStores shows it: everything but its secret. */
export function keyStoreEntry(keyStore: CustomKeyStore): ValueOf<typeof CustomKeyStoresListEntry> {
  const { connection } = keyStore
  return {
    CustomKeyStoreId: keyStore.id,
    CustomKeyStoreName: keyStore.name,
    ...settingsEntry(keyStore),
    ConnectionState: connection.name,
    ...(connection.name === 'FAILED' ? { ConnectionErrorCode: connection.errorCode } : {}),
    CreationDate: keyStore.createdAt,
    CustomKeyStoreType: keyStore.settings.type,
  }
}

function settingsEntry({ settings, account }: CustomKeyStore) {
  if (settings.type === 'AWS_CLOUDHSM')
    return {
      CloudHsmClusterId: settings.cloudHsmClusterId,
      TrustAnchorCertificate: settings.trustAnchorCertificate,
    }
  const service = settings.vpcEndpointServiceName
  return {
    XksProxyConfiguration: {
      Connectivity: settings.connectivity,
      AccessKeyId: settings.accessKeyId,
      UriEndpoint: settings.uriEndpoint,
      UriPath: settings.uriPath,
      ...(service === undefined
        ? {}
        : {
            VpcEndpointServiceName: service,
            VpcEndpointServiceOwner: settings.vpcEndpointServiceOwner ?? account,
          }),
    },
  }
}
