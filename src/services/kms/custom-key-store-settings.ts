import type {
  CloudHsmSettings,
  CustomKeyStoreSettings,
  CustomKeyStoreType,
  Updated,
  XksSettings,
} from '../../domain/custom-key-store.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { StructureOf } from '../../protocol/shape.ts'
import type { settingsInput } from './custom-key-store-shapes.ts'

type Given = StructureOf<typeof settingsInput> & { readonly TrustAnchorCertificate?: string }

/** Settings, and the secret that the request brings with them. */
export type Wanted = { readonly settings: CustomKeyStoreSettings; readonly secret: string }

/** Which type of store a member belongs to, and which property an update of it changes. */
const MEMBERS = {
  CloudHsmClusterId: { type: 'AWS_CLOUDHSM', property: 'cluster' },
  TrustAnchorCertificate: { type: 'AWS_CLOUDHSM', property: 'cluster' },
  KeyStorePassword: { type: 'AWS_CLOUDHSM', property: 'password' },
  XksProxyConnectivity: { type: 'EXTERNAL_KEY_STORE', property: 'connectivity' },
  XksProxyUriEndpoint: { type: 'EXTERNAL_KEY_STORE', property: 'uriEndpoint' },
  XksProxyUriPath: { type: 'EXTERNAL_KEY_STORE', property: 'uriPath' },
  XksProxyAuthenticationCredential: { type: 'EXTERNAL_KEY_STORE', property: 'credential' },
  XksProxyVpcEndpointServiceName: { type: 'EXTERNAL_KEY_STORE', property: 'connectivity' },
  XksProxyVpcEndpointServiceOwner: { type: 'EXTERNAL_KEY_STORE', property: 'connectivity' },
} as const satisfies Record<
  keyof Given,
  { readonly type: CustomKeyStoreType; readonly property: Exclude<Updated, 'name'> }
>

const invalid = (message: string) => error('ValidationException', message)
const needs = (type: string, members: string) => invalid(`A custom key store of type ${type} needs ${members}.`)

/** Members of the request by their rows of the table. */
function membersOf(given: Given) {
  return Object.entries(MEMBERS).filter(([name]) => Object.entries(given).some(([member]) => member === name))
}

/** A member of the other type would be forgotten without a word. */
function refuseForeign(given: Given, type: CustomKeyStoreType): ServiceError | undefined {
  const foreign = membersOf(given).find(([, row]) => row.type !== type)
  return foreign && invalid(`${foreign[0]} is not a property of a custom key store of type ${type}.`)
}

/** What an update of these members changes. */
export function updatedBy(given: Given): readonly Updated[] {
  return membersOf(given).map(([, { property }]) => property)
}

/** @returns `ValidationException` for members that are missing, and for those of the other type. */
export function settingsOf(given: Given, type: CustomKeyStoreType): Wanted | ServiceError {
  const refused = refuseForeign(given, type)
  if (refused) return refused
  return type === 'AWS_CLOUDHSM' ? cloudHsmSettings(given) : xksSettings(given)
}

function cloudHsmSettings(given: Given): Wanted | ServiceError {
  const { CloudHsmClusterId, TrustAnchorCertificate, KeyStorePassword } = given
  if (CloudHsmClusterId === undefined || TrustAnchorCertificate === undefined || KeyStorePassword === undefined)
    return needs('AWS_CLOUDHSM', 'CloudHsmClusterId, TrustAnchorCertificate and KeyStorePassword')
  const settings: CloudHsmSettings = {
    type: 'AWS_CLOUDHSM',
    cloudHsmClusterId: CloudHsmClusterId,
    trustAnchorCertificate: TrustAnchorCertificate,
  }
  return { settings, secret: KeyStorePassword }
}

function xksSettings(given: Given): Wanted | ServiceError {
  const { XksProxyConnectivity, XksProxyUriEndpoint, XksProxyUriPath, XksProxyAuthenticationCredential } = given
  if (!XksProxyConnectivity || !XksProxyUriEndpoint || !XksProxyUriPath || !XksProxyAuthenticationCredential)
    return needs(
      'EXTERNAL_KEY_STORE',
      'XksProxyConnectivity, XksProxyUriEndpoint, XksProxyUriPath and XksProxyAuthenticationCredential',
    )
  const settings = withService(given, {
    type: 'EXTERNAL_KEY_STORE',
    connectivity: XksProxyConnectivity,
    uriEndpoint: XksProxyUriEndpoint,
    uriPath: XksProxyUriPath,
    accessKeyId: XksProxyAuthenticationCredential.AccessKeyId,
  })
  return isError(settings) ? settings : { settings, secret: XksProxyAuthenticationCredential.RawSecretAccessKey }
}

/** The VPC endpoint service goes with its connectivity, and is gone with it. */
function withService(given: Given, settings: XksSettings): XksSettings | ServiceError {
  const { vpcEndpointServiceName: knownName, vpcEndpointServiceOwner: knownOwner, ...rest } = settings
  const name = given.XksProxyVpcEndpointServiceName
  const owner = given.XksProxyVpcEndpointServiceOwner
  if (settings.connectivity === 'PUBLIC_ENDPOINT')
    return name === undefined && owner === undefined
      ? rest
      : invalid('A PUBLIC_ENDPOINT external key store has no XksProxyVpcEndpointServiceName or …Owner.')
  const vpcEndpointServiceName = name ?? knownName
  // A new service is somebody else's only if the request says so.
  const vpcEndpointServiceOwner = owner ?? (name === undefined ? knownOwner : undefined)
  if (vpcEndpointServiceName === undefined)
    return invalid('A VPC_ENDPOINT_SERVICE external key store needs XksProxyVpcEndpointServiceName.')
  return {
    ...rest,
    vpcEndpointServiceName,
    ...(vpcEndpointServiceOwner === undefined ? {} : { vpcEndpointServiceOwner }),
  }
}

/**
 * `known` with what the request names put over it; what it does not name keeps its value.
 *
 * @returns the secret only when the request brings one; `ValidationException` for members of the other type, and for a new
 *   connectivity without its endpoint.
 */
export function updatedSettings(
  given: Given,
  known: CustomKeyStoreSettings,
): { readonly settings: CustomKeyStoreSettings; readonly secret?: string } | ServiceError {
  const refused = refuseForeign(given, known.type)
  if (refused) return refused
  if (known.type === 'AWS_CLOUDHSM') {
    const settings = { ...known, cloudHsmClusterId: given.CloudHsmClusterId ?? known.cloudHsmClusterId }
    return given.KeyStorePassword === undefined ? { settings } : { settings, secret: given.KeyStorePassword }
  }
  return updatedXks(given, known)
}

function updatedXks(given: Given, known: XksSettings) {
  const connectivity = given.XksProxyConnectivity ?? known.connectivity
  if (connectivity !== known.connectivity && given.XksProxyUriEndpoint === undefined)
    return invalid(`A change to ${connectivity} needs XksProxyUriEndpoint.`)
  const credential = given.XksProxyAuthenticationCredential
  const settings = withService(given, {
    ...known,
    connectivity,
    uriEndpoint: given.XksProxyUriEndpoint ?? known.uriEndpoint,
    uriPath: given.XksProxyUriPath ?? known.uriPath,
    accessKeyId: credential?.AccessKeyId ?? known.accessKeyId,
  })
  if (isError(settings)) return settings
  return credential === undefined ? { settings } : { settings, secret: credential.RawSecretAccessKey }
}
