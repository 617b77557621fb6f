import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'

/**
 * Objects that the store cannot read: what S3 does for SSE-KMS, done by the client, for any S3-compatible store.
 *
 * An object is a row of chunks of 64 KiB, each sealed with AES-256-GCM under a key of the object's own and bound to its place:
 * a part of an object can be read without the rest, and no chunk can be changed, moved, repeated or left out. The data key's
 * ciphertext is in the object's metadata. With bucket keys one data key serves all objects of a bucket for some minutes, and a
 * key for each object is derived from it: one call of KMS in the place of thousands.
 */
const CHUNK_BYTES = 65_536
const IV_BYTES = 12
const TAG_BYTES = 16
const SEALED_BYTES = CHUNK_BYTES + IV_BYTES + TAG_BYTES
/** Chunks of one part of an upload: 8 MiB and a little. The store's least is 5 MiB. */
const PART_CHUNKS = 128
/** Milliseconds that a bucket key makes new objects. Source: S3 keeps its own for minutes as well. */
const BUCKET_KEY_MS = 300_000
/** Names in the metadata. */
const META = { key: 'trent-data-key', object: 'trent-object', context: 'trent-context' } as const

export type Place = { readonly bucket: string; readonly key: string }
/** From the first byte to the last, both counted from 0 and included, as in HTTP. */
export type Range = { readonly first: number; readonly last: number }

type DataKey = { readonly bytes: Uint8Array; readonly ciphertext: Uint8Array; readonly arn: string }
type ObjectKey = { readonly bytes: Uint8Array; readonly name: string }

export class EncryptedObjects {
  readonly #s3: S3Client
  readonly #kms: KMSClient
  readonly #keyId: string
  readonly #usesBucketKeys: boolean
  readonly #bucketKeys = new Map<string, { readonly made: Promise<DataKey>; readonly until: number }>()
  readonly #opened = new Map<string, Promise<Uint8Array>>()

  constructor(parts: {
    readonly s3: S3Client
    readonly kms: KMSClient
    readonly keyId: string
    readonly usesBucketKeys: boolean
  }) {
    this.#s3 = parts.s3
    this.#kms = parts.kms
    this.#keyId = parts.keyId
    this.#usesBucketKeys = parts.usesBucketKeys
  }

  /** Stores a stream of any length. KMS is asked first; an upload that fails leaves nothing, and what was there before. */
  async put(place: Place, body: AsyncIterable<Uint8Array>): Promise<void> {
    const dataKey = await this.#dataKeyFor(place)
    const object = randomBytes(16).toString('hex')
    const key = objectKey(dataKey.bytes, object, place)
    const target = { Bucket: place.bucket, Key: place.key }
    const Metadata = {
      [META.key]: Buffer.from(dataKey.ciphertext).toString('base64'),
      [META.object]: object,
      [META.context]: dataKey.arn,
    }
    const { UploadId } = await this.#s3.send(new CreateMultipartUploadCommand({ ...target, Metadata }))
    try {
      const Parts: { ETag?: string; PartNumber: number }[] = []
      for await (const Body of partsOf(sealed(key, body))) {
        const PartNumber = Parts.length + 1
        const { ETag } = await this.#s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }))
        Parts.push({ PartNumber, ...(ETag === undefined ? {} : { ETag }) })
      }
      await this.#s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }))
    } catch (cause) {
      await this.#s3.send(new AbortMultipartUploadCommand({ ...target, UploadId }))
      throw cause
    }
  }

  /** Reads an object, or a part of it, of which the store gives no more than the chunks that it is in. */
  async get(place: Place, range?: Range): Promise<Buffer> {
    const target = { Bucket: place.bucket, Key: place.key }
    const { ContentLength = 0, Metadata = {}, ETag } = await this.#s3.send(new HeadObjectCommand(target))
    const key = await this.#keyOf(place, Metadata)
    const chunks = Math.max(1, Math.ceil(ContentLength / SEALED_BYTES))
    const size = ContentLength - chunks * (IV_BYTES + TAG_BYTES)
    const first = range?.first ?? 0
    const last = Math.min(range?.last ?? size - 1, size - 1)
    if (first > last && size > 0) throw new RangeError(`the object has ${size} bytes`)
    const from = Math.floor(first / CHUNK_BYTES)
    const to = Math.max(from, Math.floor(Math.max(last, 0) / CHUNK_BYTES))
    const Range = `bytes=${from * SEALED_BYTES}-${Math.min((to + 1) * SEALED_BYTES, ContentLength) - 1}`
    // Written anew between the two calls it would be another object: then the store refuses.
    const { Body } = await this.#s3.send(new GetObjectCommand({ ...target, Range, IfMatch: ETag }))
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
    const opened: Buffer[] = []
    for (let index = from; index <= to; index += 1) {
      const at = (index - from) * SEALED_BYTES
      opened.push(openChunk(key, { index, isLast: index === chunks - 1 }, bytes.subarray(at, at + SEALED_BYTES)))
    }
    return Buffer.concat(opened).subarray(first - from * CHUNK_BYTES, last + 1 - from * CHUNK_BYTES)
  }

  async #dataKeyFor({ bucket, key }: Place): Promise<DataKey> {
    if (!this.#usesBucketKeys) return this.#newDataKey(`arn:aws:s3:::${bucket}/${key}`)
    const known = this.#bucketKeys.get(bucket)
    if (known && known.until > Date.now()) return known.made
    const made = this.#newDataKey(`arn:aws:s3:::${bucket}`)
    this.#bucketKeys.set(bucket, { made, until: Date.now() + BUCKET_KEY_MS })
    made.catch(() => this.#bucketKeys.delete(bucket))
    return made
  }

  async #newDataKey(arn: string): Promise<DataKey> {
    const { Plaintext = new Uint8Array(), CiphertextBlob = new Uint8Array() } = await this.#kms.send(
      new GenerateDataKeyCommand({ KeyId: this.#keyId, KeySpec: 'AES_256', EncryptionContext: { 'aws:s3:arn': arn } }),
    )
    return { bytes: Plaintext, ciphertext: CiphertextBlob, arn }
  }

  async #keyOf(place: Place, metadata: Record<string, string>): Promise<ObjectKey> {
    const { [META.key]: ciphertext = '', [META.object]: object = '', [META.context]: arn = '' } = metadata
    // The context is the object's or its bucket's, whatever the metadata say: a data key of elsewhere does not decrypt.
    const own = [`arn:aws:s3:::${place.bucket}/${place.key}`, `arn:aws:s3:::${place.bucket}`]
    if (!own.includes(arn)) throw new Error(`the data key of ${place.key} is of another object`)
    const known = this.#opened.get(ciphertext)
    const opening = known ?? this.#decrypt(ciphertext, arn)
    this.#opened.set(ciphertext, opening)
    opening.catch(() => this.#opened.delete(ciphertext))
    return objectKey(await opening, object, place)
  }

  async #decrypt(ciphertext: string, arn: string): Promise<Uint8Array> {
    const { Plaintext = new Uint8Array() } = await this.#kms.send(
      new DecryptCommand({
        CiphertextBlob: Buffer.from(ciphertext, 'base64'),
        EncryptionContext: { 'aws:s3:arn': arn },
      }),
    )
    return Plaintext
  }
}

/** A key of the object's own, from the data key, which several objects may share. */
function objectKey(dataKey: Uint8Array, object: string, { bucket, key }: Place): ObjectKey {
  const name = JSON.stringify([bucket, key, object])
  return { name, bytes: new Uint8Array(hkdfSync('sha256', dataKey, '', `trent/example/object ${name}`, 32)) }
}

type Spot = { readonly index: number; readonly isLast: boolean }
const placeOf = ({ name }: ObjectKey, { index, isLast }: Spot) => Buffer.from(JSON.stringify([name, index, isLast]))

function sealChunk(key: ObjectKey, spot: Spot, chunk: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(placeOf(key, spot))
  return Buffer.concat([iv, cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
}

/** Throws for a chunk that was changed or is of another place. */
function openChunk(key: ObjectKey, spot: Spot, bytes: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(placeOf(key, spot))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const opened = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES))
  return Buffer.concat([opened, decipher.final()])
}

/** Sealed chunks. One is held back until it is known whether it is the last; an empty object has one, empty chunk. */
async function* sealed(key: ObjectKey, body: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let waiting = Buffer.alloc(0)
  let index = 0
  for await (const piece of body) {
    waiting = Buffer.concat([waiting, piece])
    for (; waiting.length > CHUNK_BYTES; index += 1) {
      yield sealChunk(key, { index, isLast: false }, waiting.subarray(0, CHUNK_BYTES))
      waiting = waiting.subarray(CHUNK_BYTES)
    }
  }
  yield sealChunk(key, { index, isLast: true }, waiting)
}

/** Parts of one size but for the last, as stores want them. */
async function* partsOf(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let part: Buffer[] = []
  for await (const chunk of chunks) {
    part.push(chunk)
    if (part.length < PART_CHUNKS) continue
    yield Buffer.concat(part)
    part = []
  }
  if (part.length > 0) yield Buffer.concat(part)
}
