import assert from 'node:assert/strict'
import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  KMSClient,
  KMSServiceException,
} from '@aws-sdk/client-kms'
import { newAccount, REGION, type TestTrent } from './trent.ts'

/** An account of the emulator: its root user's client, made by the AWS SDK. */
export type Account = { readonly id: string; readonly root: string; readonly kms: KMSClient }

export const rootOf = (account: string): string => `arn:aws:iam::${account}:root`

/** @param region - one client speaks to one Region. */
export function openAccount(trent: TestTrent, id = newAccount(), region = REGION): Account {
  const credentials = { accessKeyId: id, secretAccessKey: 'anything' }
  const kms = new KMSClient({ endpoint: trent.url, region, credentials, maxAttempts: 1 })
  return { id, root: rootOf(id), kms }
}

export type GrantedKey = { readonly KeyId: string; readonly Arn: string }

export async function makeKey({ kms }: Account, input: CreateKeyCommandInput = {}): Promise<GrantedKey> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(input))
  assert.ok(KeyMetadata?.KeyId && KeyMetadata.Arn)
  return { KeyId: KeyMetadata.KeyId, Arn: KeyMetadata.Arn }
}

export type MadeGrant = { readonly GrantId: string; readonly GrantToken: string }

export async function grant({ kms }: Account, input: CreateGrantCommandInput): Promise<MadeGrant> {
  const { GrantId, GrantToken } = await kms.send(new CreateGrantCommand(input))
  assert.match(GrantId ?? '', /^[0-9a-f]{64}$/)
  assert.match(GrantToken ?? '', /^AQ?[A-Za-z0-9_-]{100,}$/)
  return { GrantId: GrantId ?? '', GrantToken: GrantToken ?? '' }
}

type Refusal = { readonly name: string; readonly message: string }

/** The error with which the SDK rejects; anything but an error of the service fails. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const answer = await call.catch((thrown: unknown) => thrown)
  assert.ok(answer instanceof KMSServiceException, `not refused: ${JSON.stringify(answer)}`)
  return { name: answer.name, message: answer.message }
}

/** Fails unless the call is refused so. */
export async function refuses(call: Promise<unknown>, name: string, message?: string | RegExp): Promise<void> {
  const refusal = await refusalOf(call)
  assert.equal(refusal.name, name, refusal.message)
  if (message instanceof RegExp) assert.match(refusal.message, message)
  else if (message !== undefined) assert.equal(refusal.message, message)
}
