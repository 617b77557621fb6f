import { keyArn, type Region } from '../../domain/arn.ts'
import type { Key } from '../../domain/key.ts'
import { algorithmsOf, type KeyUsage } from '../../domain/key-spec.ts'
import { multiRegionKeyType } from '../../domain/multi-region.ts'
import type { StructureOf, ValueOf } from '../../protocol/shape.ts'
import type { GetPublicKeyOutput, KeyMetadata } from './shapes.ts'

const ALGORITHMS_MEMBER = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
} as const satisfies Record<KeyUsage, string>

/** A public key with what may be done with it. The older name of the spec is told for specs that are newer, too. */
export function publicKeyMetadata(key: Key, publicKey: Uint8Array): StructureOf<typeof GetPublicKeyOutput> {
  const metadata = {
    KeyId: key.arn,
    PublicKey: publicKey,
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    KeyUsage: key.keyUsage,
    [ALGORITHMS_MEMBER[key.keyUsage]]: algorithmsOf(key.keySpec, key.keyUsage),
  }
  return metadata as StructureOf<typeof GetPublicKeyOutput>
}

/** How long imported material is kept; `validTo` in milliseconds since the epoch. */
export function expirationOf(validTo: number | undefined) {
  return validTo === undefined
    ? ({ ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const)
    : ({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: validTo } as const)
}

/** A key as CreateKey and DescribeKey show it. Which members appear for which kind of key: recorded answers. */
export function keyMetadata(key: Key): ValueOf<typeof KeyMetadata> {
  const metadata = {
    AWSAccountId: key.account,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: key.state.name === 'Enabled',
    Description: key.description,
    KeyUsage: key.keyUsage,
    KeyState: key.state.name,
    Origin: key.origin,
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.keySpec,
    KeySpec: key.keySpec,
    [ALGORITHMS_MEMBER[key.keyUsage]]: algorithmsOf(key.keySpec, key.keyUsage),
    MultiRegion: key.multiRegion,
    ...multiRegionConfiguration(key),
    ...(key.state.name === 'PendingDeletion' ? { DeletionDate: key.state.deletionDate } : {}),
    ...(key.state.name === 'PendingReplicaDeletion'
      ? { PendingDeletionWindowInDays: key.state.pendingWindowDays }
      : {}),
    ...(key.imported?.isComplete ? expirationOf(key.imported.validTo) : {}),
    ...(key.keySpec === 'SYMMETRIC_DEFAULT' && key.currentMaterialId
      ? { CurrentKeyMaterialId: key.currentMaterialId }
      : {}),
  }
  return metadata as ValueOf<typeof KeyMetadata>
}

/** Every related key shows the same: the primary, and all replicas. Source: recorded answers. */
function multiRegionConfiguration(key: Key) {
  const { account, keyId, related } = key
  const MultiRegionKeyType = multiRegionKeyType(key)
  if (!related || !MultiRegionKeyType) return {}
  const keyIn = (Region: Region) => ({ Arn: keyArn({ account, region: Region }, keyId), Region })
  const ReplicaKeys = related.replicas.map(keyIn)
  return { MultiRegionConfiguration: { MultiRegionKeyType, PrimaryKey: keyIn(related.primary), ReplicaKeys } }
}
