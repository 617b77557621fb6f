import assert from 'node:assert/strict'
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  ReplicateKeyCommand,
  type ReplicateKeyCommandInput,
} from '@aws-sdk/client-kms'
import type { TestTrent } from './trent.ts'

export const HOME = 'us-east-1'
export const AWAY = 'eu-west-1'
export const FAR = 'ap-south-1'

/** Clients of one account in three Regions of one Trent. */
export type Regions = {
  readonly home: KMSClient
  readonly away: KMSClient
  readonly far: KMSClient
  destroy(): void
}

/** @param account - of callers in `dev`; in `serve` the credentials that the service made. */
export function clientsIn({ url, credentials }: TestTrent, account?: string): Regions {
  const caller = account === undefined ? credentials : { accessKeyId: account, secretAccessKey: 'anything' }
  const client = (region: string) => new KMSClient({ endpoint: url, region, credentials: caller, maxAttempts: 1 })
  const [home, away, far] = [client(HOME), client(AWAY), client(FAR)]
  const destroy = () => {
    for (const each of [home, away, far]) each.destroy()
  }
  return { home, away, far, destroy }
}

export async function newPrimary(kms: KMSClient, input: CreateKeyCommandInput = {}): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true, ...input }))
  return KeyMetadata?.KeyId ?? assert.fail()
}

export const replicate = (
  kms: KMSClient,
  KeyId: string,
  ReplicaRegion: string,
  input: Partial<ReplicateKeyCommandInput> = {},
) => kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion, ...input }))

/** A primary in the home Region with replicas in the others. */
export async function newFamily(
  { home }: Regions,
  replicas: readonly string[] = [AWAY],
  input: CreateKeyCommandInput = {},
) {
  const KeyId = await newPrimary(home, input)
  for (const region of replicas) await replicate(home, KeyId, region)
  return KeyId
}

export async function described(kms: KMSClient, KeyId: string) {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
  return KeyMetadata ?? assert.fail()
}

/** Part, primary and replicas of a key as it says itself. */
export async function partOf(kms: KMSClient, KeyId: string) {
  const { MultiRegionConfiguration = assert.fail() } = await described(kms, KeyId)
  const { MultiRegionKeyType, PrimaryKey, ReplicaKeys } = MultiRegionConfiguration
  return [MultiRegionKeyType, PrimaryKey?.Region, (ReplicaKeys ?? []).map(({ Region }) => Region)]
}

export async function stateOf(kms: KMSClient, KeyId: string) {
  return (await described(kms, KeyId)).KeyState
}

export async function encryptedBy(kms: KMSClient, KeyId: string, text = 'attack at dawn'): Promise<Uint8Array> {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(text) }))
  return CiphertextBlob ?? assert.fail()
}

export async function decryptedBy(kms: KMSClient, CiphertextBlob: Uint8Array, KeyId?: string): Promise<string> {
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, ...(KeyId ? { KeyId } : {}) }))
  return Buffer.from(Plaintext ?? assert.fail()).toString()
}
