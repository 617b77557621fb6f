import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms'
import { type KmsFailure, kmsFailure } from '../kms-failure.ts'
import {
  addKey,
  type CryptsetupFailure,
  format,
  importToken,
  isFailure,
  isLuks,
  killSlot,
  metadata,
  opens,
  PASSPHRASE_BYTES,
  removeToken,
} from './cryptsetup.ts'
import { freeSlot, type Header, parseHeader, tokenText, type VolumeToken } from './header.ts'

export type VolumeFailure = KmsFailure | CryptsetupFailure | { readonly kind: 'unfit'; readonly message: string }

export type Volume = { readonly client: KMSClient; readonly device: string }

/** What a data key is bound to: the volume, by its UUID. */
const CONTEXT = 'trent:volume'
const unfit = (message: string): VolumeFailure => ({ kind: 'unfit', message })

type DataKey = {
  readonly key: string
  readonly passphrase: Uint8Array
  readonly ciphertext: Uint8Array
  readonly context: Readonly<Record<string, string>>
}

/**
 * Makes an encrypted volume. KMS is asked first, so that a device is only touched when its key can be had.
 *
 * @param uuid - of the volume.
 */
export async function formatVolume(
  { client, device }: Volume,
  wanted: {
    readonly key: string
    readonly uuid: string
    readonly context: Readonly<Record<string, string>>
    readonly force: boolean
  },
): Promise<undefined | VolumeFailure> {
  if (!wanted.force && (await isLuks(device)))
    return unfit(`${device} holds an encrypted volume already; --force ends it`)
  const made = await dataKey(client, wanted.key, { ...wanted.context, [CONTEXT]: wanted.uuid })
  if ('kind' in made) return made
  const formatted = await format(device, wanted.uuid, made.passphrase)
  if (isFailure(formatted)) return formatted
  const imported = await importToken(device, tokenText({ ...made, slot: 0 }))
  return isFailure(imported) ? imported : undefined
}

/** The passphrase of the volume, from the newest token that KMS opens and the header knows. */
export async function openKey({ client, device }: Volume): Promise<Uint8Array | VolumeFailure> {
  const opened = await openNewest(client, device)
  return 'kind' in opened ? opened : opened.passphrase
}

/**
 * Gives the volume a new passphrase, under the same key or another one, and takes the old ones away. Wherever it is stopped
 * one of them opens the volume, and the next time it goes on.
 */
export async function rekeyVolume(
  { client, device }: Volume,
  key: string | undefined,
): Promise<undefined | VolumeFailure> {
  const old = await openNewest(client, device)
  if ('kind' in old) return old
  const made = await dataKey(client, key ?? old.token.key, old.token.context)
  if ('kind' in made) return made
  const slot = freeSlot(old.header)
  if (slot === undefined) return unfit(`${device} has no free key slot`)
  const added = await addKey(device, slot, { old: old.passphrase, new: made.passphrase })
  if (isFailure(added)) return added
  const imported = await importToken(device, tokenText({ ...made, slot }))
  if (isFailure(imported)) return imported
  // Nothing is taken away before what takes its place has been seen to open the volume.
  if (!(await opens(device, slot, made.passphrase))) return unfit(`the new key of ${device} does not open it`)
  return removeOld(device, old.header, made.passphrase)
}

async function removeOld(
  device: string,
  { tokens }: Header,
  passphrase: Uint8Array,
): Promise<undefined | VolumeFailure> {
  for (const { id, slot } of tokens) {
    const killed = await killSlot(device, slot, passphrase)
    if (isFailure(killed)) return killed
    const removed = await removeToken(device, id)
    if (isFailure(removed)) return removed
  }
  return undefined
}

async function dataKey(
  client: KMSClient,
  KeyId: string,
  context: Readonly<Record<string, string>>,
): Promise<DataKey | KmsFailure> {
  try {
    const made = await client.send(
      new GenerateDataKeyCommand({ KeyId, NumberOfBytes: PASSPHRASE_BYTES, EncryptionContext: context }),
    )
    const { KeyId: key = '', Plaintext = new Uint8Array(), CiphertextBlob = new Uint8Array() } = made
    return { key, passphrase: Plaintext, ciphertext: CiphertextBlob, context }
  } catch (cause) {
    return failureOf(cause)
  }
}

type Opened = { readonly header: Header; readonly token: VolumeToken; readonly passphrase: Uint8Array }

async function openNewest(client: KMSClient, device: string): Promise<Opened | VolumeFailure> {
  const read = await metadata(device)
  if (isFailure(read)) return read
  const header = parseHeader(read)
  let failure: VolumeFailure = unfit(`${device} has no key of KMS`)
  for (const token of header.tokens.toReversed()) {
    const passphrase = await decrypted(client, token)
    if ('kind' in passphrase) failure = passphrase
    else if (await opens(device, token.slot, passphrase)) return { header, token, passphrase }
    else failure = unfit(`the key of ${device} does not open it`)
  }
  return failure
}

async function decrypted(
  client: KMSClient,
  { key, ciphertext, context }: VolumeToken,
): Promise<Uint8Array | KmsFailure> {
  try {
    const { Plaintext = new Uint8Array() } = await client.send(
      new DecryptCommand({ KeyId: key, CiphertextBlob: ciphertext, EncryptionContext: context }),
    )
    return Plaintext
  } catch (cause) {
    return failureOf(cause)
  }
}

function failureOf(cause: unknown): KmsFailure {
  const failure = kmsFailure(cause)
  if (!failure) throw cause
  return failure
}
