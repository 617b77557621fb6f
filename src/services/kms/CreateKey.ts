import { keyArn } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Key, KeyMaterial } from '../../domain/key.ts'
import { newKeyId } from '../../domain/key-id.ts'
import { isImportable } from '../../domain/key-import.ts'
import { algorithmsOf, type KeySpec, type KeyUsage } from '../../domain/key-spec.ts'
import { parseTags } from '../../domain/tag.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import type { Submission } from '../../request/key-policy.ts'
import { type Call, operation } from '../../request/operation.ts'
import { customKey, withoutMaterial } from './custom-key.ts'
import { madeOutside, placeOf, refuseOutside } from './key-in-store.ts'
import { keyMetadata } from './key-metadata.ts'
import { madeToImport } from './key-to-import.ts'
import * as shapes from './shapes.ts'

/**
 * Creates a key in the caller's account and Region.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
 */
export const CreateKey = operation({
  name: 'CreateKey',
  input: {
    Policy: optional(shapes.PolicyType),
    Description: withDefault(shapes.DescriptionType, ''),
    KeyUsage: optional(shapes.KeyUsageType),
    CustomerMasterKeySpec: optional(shapes.CustomerMasterKeySpecType),
    KeySpec: optional(shapes.KeySpecType),
    Origin: withDefault(shapes.OriginType, 'AWS_KMS'),
    CustomKeyStoreId: optional(shapes.CustomKeyStoreIdType),
    BypassPolicyLockoutSafetyCheck: optional(boolean()),
    Tags: optional(shapes.TagList),
    MultiRegion: optional(boolean()),
    XksKeyId: optional(shapes.XksKeyIdType),
  },
  output: { KeyMetadata: optional(shapes.KeyMetadata) },
  errors: [
    'MalformedPolicyDocumentException',
    'InvalidArnException',
    'UnsupportedOperationException',
    'LimitExceededException',
    'TagException',
    'CustomKeyStoreNotFoundException',
    'CustomKeyStoreInvalidStateException',
    'CloudHsmClusterInvalidConfigurationException',
    'XksKeyInvalidConfigurationException',
    'XksKeyAlreadyInUseException',
    'XksKeyNotFoundException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'any',
  event: { response: 'output' },
  // Recorded events of CreateKey tell these defaults, and no others.
  shown: (input) => {
    const { keySpec, keyUsage } = kindWanted(input)
    const BypassPolicyLockoutSafetyCheck = input.BypassPolicyLockoutSafetyCheck ?? false
    return {
      ...input,
      ...(input.Tags ? { Tags: withoutMaterial(input.Tags) } : {}),
      KeySpec: keySpec,
      CustomerMasterKeySpec: keySpec,
      KeyUsage: keyUsage,
      BypassPolicyLockoutSafetyCheck,
    }
  },

  async targets(input) {
    const create = { account: { kind: 'account', action: 'kms:CreateKey' } } as const
    return input.Tags ? { ...create, tags: { kind: 'account', action: 'kms:TagResource' } as const } : create
  },

  conditions(input) {
    const { keySpec, keyUsage } = kindWanted(input)
    return {
      'kms:KeySpec': keySpec,
      'kms:CustomerMasterKeySpec': keySpec,
      'kms:KeyUsage': keyUsage,
      'kms:CustomerMasterKeyUsage': keyUsage,
      'kms:KeyOrigin': input.Origin,
      'kms:MultiRegion': String(input.MultiRegion ?? false),
      'kms:MultiRegionKeyType': input.MultiRegion ? 'PRIMARY' : undefined,
      ...(input.BypassPolicyLockoutSafetyCheck === undefined
        ? {}
        : { 'kms:BypassPolicyLockoutSafetyCheck': String(input.BypassPolicyLockoutSafetyCheck) }),
      ...Object.fromEntries((input.Tags ?? []).map((tag) => [`aws:RequestTag/${tag.TagKey}`, tag.TagValue])),
      'aws:TagKeys': input.Tags?.map((tag) => tag.TagKey),
    }
  },

  async run(input, { account }, call) {
    const kind = kindOf(input)
    if (isError(kind)) return kind
    const tags = parseTags(input.Tags ?? [])
    if (isError(tags)) return tags
    const multiRegion = input.MultiRegion ?? false
    const custom = customKey({ tags, keySpec: kind.keySpec, multiRegion, isAllowed: call.allowsCustomKeys })
    if (isError(custom)) return custom
    const { scope } = call.caller
    const keyId = custom.keyId ?? newKeyId(call.ids, multiRegion)
    const relation = multiRegion ? { related: { primary: scope.region, replicas: [] } } : {}
    const arn = keyArn(scope, keyId)
    if (custom.keyId && (await call.store.findKey(scope, keyId)))
      return error('AlreadyExistsException', `Key '${arn}' already exists`)
    const policy = await policyOf(input, call, {
      ...kind,
      arn,
      ...scope,
      origin: input.Origin,
      multiRegion,
      ...relation,
      tags: custom.tags,
    })
    if (isError(policy)) return policy
    const keysMax = await call.quotas.resource(scope, 'keysPerRegion')
    if ((await call.store.countKeys(scope)) >= keysMax)
      return error(
        'LimitExceededException',
        `The limit of ${keysMax} keys in this account and Region has been reached.`,
      )
    const place = await placeOf(input, call)
    if (isError(place)) return place
    const binding = { ...scope, keyId, ...kind, origin: input.Origin }
    const fresh: Key = {
      ...binding,
      arn,
      revision: 1,
      createdAt: call.clock.now(),
      description: input.Description,
      manager: 'CUSTOMER',
      multiRegion,
      ...relation,
      state: { name: 'Enabled' },
      ...policy,
      tags: custom.tags,
      ...(place ? { custody: place.custody } : {}),
    }
    if (place) return madeOutside({ key: fresh, keysMax }, place, call)
    if (input.Origin === 'EXTERNAL') return madeToImport({ key: fresh, keysMax }, custom)
    const made = custom.material
      ? await call.hsm.adoptMaterial(account.proof, binding, custom.material)
      : await call.hsm.createMaterial(account.proof, binding)
    if (isError(made)) return made
    const createdAt = call.clock.now()
    const key: Key = { ...fresh, createdAt, currentMaterialId: made.materialId }
    const material: KeyMaterial = { ...scope, keyId, createdAt, ...made }
    return {
      output: { KeyMetadata: keyMetadata(key) },
      changes: [{ kind: 'insert-key', key, material, keysMax }],
    }
  },
})

/** Nothing when the request brings none: the default policy needs no check and no place in the store. */
async function policyOf(
  {
    Policy,
    BypassPolicyLockoutSafetyCheck,
  }: { readonly Policy?: string; readonly BypassPolicyLockoutSafetyCheck?: boolean },
  { policies, caller }: Call,
  key: Submission['key'],
): Promise<Pick<Key, 'policy' | 'policyPrincipals'> | ServiceError> {
  return Policy === undefined
    ? {}
    : policies.check({ text: Policy, bypassesLockoutCheck: BypassPolicyLockoutSafetyCheck ?? false, caller, key })
}

/** Spec and usage that a request means, whether they fit each other or not. */
function kindWanted(input: Pick<Wanted, 'KeySpec' | 'CustomerMasterKeySpec' | 'KeyUsage'>) {
  const keySpec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  return { keySpec, keyUsage: input.KeyUsage ?? 'ENCRYPT_DECRYPT' }
}

/** AWS offers SM2 in China alone. */
type CreatableKeySpec = Exclude<KeySpec, 'SM2'>

type Wanted = {
  readonly KeySpec?: KeySpec
  readonly CustomerMasterKeySpec?: KeySpec
  readonly KeyUsage?: KeyUsage
  readonly Origin: string
  readonly CustomKeyStoreId?: string
  readonly XksKeyId?: string
}

/** Spec and usage, in AWS's order of refusals; what cannot be created is refused last. */
function kindOf(input: Wanted): { readonly keySpec: CreatableKeySpec; readonly keyUsage: KeyUsage } | ServiceError {
  if (input.KeySpec && input.CustomerMasterKeySpec && input.KeySpec !== input.CustomerMasterKeySpec)
    return error(
      'ValidationException',
      'You cannot specify KeySpec and CustomerMasterKeySpec with different values in the same request.',
    )
  const { keySpec, keyUsage } = kindWanted(input)
  if (keySpec !== 'SYMMETRIC_DEFAULT' && input.KeyUsage === undefined)
    return error(
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    )
  if (algorithmsOf(keySpec, keyUsage).length === 0)
    return error('ValidationException', `KeyUsage ${keyUsage} is not compatible with KeySpec ${keySpec}`)
  if (keySpec === 'SM2') return error('UnsupportedOperationException', `KeySpec ${keySpec} is not supported.`)
  if (input.Origin === 'EXTERNAL' && !isImportable(keySpec))
    return error('UnsupportedOperationException', `KeySpec ${keySpec} is not supported for Origin EXTERNAL.`)
  return refuseOutside(input, keySpec) ?? { keySpec, keyUsage }
}
