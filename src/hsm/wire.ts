import { KEY_BATCH_BYTES, KEY_FRAME_FIELDS_MAX, KEY_FRAME_MAX_BYTES } from '../domain/limits.ts'

/**
 * Frames between the API process and the key process, the same both ways: `u32be length of the rest, u32be request id,
 * u8 tag, fields`, each field `u32be length, bytes`. Layout: docs/formats.md.
 */

/** What a request asks: the tag of frames to the key process. */
export const OPS = {
  adoptDomainKey: 1,
  makeDomainKey: 2,
  createMaterial: 3,
  encrypt: 4,
  decrypt: 5,
  reEncrypt: 6,
  generateDataKey: 7,
  generateDataKeyWithoutPlaintext: 8,
  generateRandom: 9,
  generateMac: 10,
  verifyMac: 11,
  createSecret: 12,
  deriveSigningKey: 13,
  adoptMaterial: 14,
  sign: 15,
  verify: 16,
  deriveSharedSecret: 17,
  generateDataKeyPair: 18,
  generateDataKeyPairWithoutPlaintext: 19,
  checkPublicKey: 20,
  rewrapMaterial: 21,
  wrapKeyStoreSecret: 22,
  signGrantToken: 23,
  verifyGrantToken: 24,
  createImportParameters: 25,
  importMaterial: 26,
  forRecipient: 27,
  createSession: 28,
  openSession: 29,
  createMfaSeed: 30,
  verifyMfaCode: 31,
  createDigestKey: 32,
  signDigest: 33,
} as const
export type Op = keyof typeof OPS

/** How a request ended: the tag of frames from the key process. A code and never a reason, which could tell an attacker more. */
export const REPLIES = {
  ok: 0,
  /** Anything about a ciphertext or its context is wrong. */
  invalidCiphertext: 1,
  invalidMac: 2,
  /** The request itself is malformed or asks what the key cannot do: a mistake of the API process. */
  refused: 3,
  /** A wrapped key does not open under its domain key and binding: the store was changed behind our back. */
  unopenable: 4,
  /** No domain key of the Region may wrap anything more. */
  needsDomainKey: 5,
  /** The domain key that a wrapped key names was never adopted. */
  unknownDomainKey: 6,
  /** A domain key does not open under the root key. */
  wrongRootKey: 7,
  /** The process does not serve; the field says which proof failed. */
  notReady: 8,
  invalidSignature: 9,
  /** The other side's public key in a key agreement is none, or not on the same curve. */
  invalidPublicKey: 10,
  /** Too much slow work waits already. */
  overloaded: 11,
  /** A family of algorithms did not pass its known-answer tests, and is not used. */
  unproven: 12,
  /** Material that was brought is no private key of its spec. */
  invalidMaterial: 13,
  plaintextTooLong: 14,
  invalidGrantToken: 15,
  /** An import token is none, or was made for another key. */
  invalidImportToken: 16,
  expiredImportToken: 17,
  /** What was unwrapped is not material of such a key. */
  incorrectMaterial: 18,
  /** There is no root that attestation documents could be verified against. */
  noAttestationRoot: 19,
  /** An attestation document is malformed, not genuine, or too old. */
  invalidAttestation: 20,
  /** A session token is not of that access key id, or was not made here. */
  invalidSession: 21,
  /** An MFA device shows another code at that time. */
  invalidCode: 22,
} as const
export type Refusal = Exclude<keyof typeof REPLIES, 'ok'>

/** Request id of the one frame that the key process sends unasked: whether it serves. */
export const HELLO_ID = 0

/** Bytes of length, id and tag. */
const HEADER_BYTES = 9
const LENGTH_BYTES = 4
/** Id and tag, the least that can follow the length. */
const BODY_MIN_BYTES = HEADER_BYTES - LENGTH_BYTES

export type Frame = {
  readonly id: number
  readonly tag: number
  /** Views of the received bytes, valid until the handler returns; absent when the fields do not fill the frame exactly. */
  readonly fields: readonly Buffer[] | undefined
}

/** Bytes of `fields` with their lengths. */
export function fieldsBytes(fields: readonly Uint8Array[]): number {
  let bytes = 0
  for (const field of fields) bytes += LENGTH_BYTES + field.length
  return bytes
}

/** Writes `fields` into `target` from `at` on. @returns the offset behind the last. */
export function writeFields(target: Buffer, at: number, fields: readonly Uint8Array[]): number {
  let end = at
  for (const field of fields) {
    end = target.writeUInt32BE(field.length, end)
    target.set(field, end)
    end += field.length
  }
  return end
}

/** Fields on their own, as nested in a frame and as bound to wrapped keys: every length comes first, so none runs into the next. */
export function encodeFields(fields: readonly Uint8Array[]): Buffer {
  const out = Buffer.allocUnsafe(fieldsBytes(fields))
  writeFields(out, 0, fields)
  return out
}

/** @returns views of the fields; nothing when they do not fill `bytes` exactly or are too many. */
export function decodeFields(bytes: Buffer): readonly Buffer[] | undefined {
  return fieldsBetween(bytes, 0, bytes.length)
}

function fieldsBetween(bytes: Buffer, from: number, to: number): readonly Buffer[] | undefined {
  const fields: Buffer[] = []
  let at = from
  while (at < to) {
    if (fields.length === KEY_FRAME_FIELDS_MAX || at + LENGTH_BYTES > to) return undefined
    const start = at + LENGTH_BYTES
    at = start + bytes.readUInt32BE(at)
    if (at > to) return undefined
    fields.push(bytes.subarray(start, at))
  }
  return fields
}

/** Bytes of a whole frame. */
export function frameBytes(fields: readonly Uint8Array[]): number {
  return HEADER_BYTES + fieldsBytes(fields)
}

function writeFrame(target: Buffer, at: number, id: number, tag: number, fields: readonly Uint8Array[]): number {
  target.writeUInt32BE(BODY_MIN_BYTES + fieldsBytes(fields), at)
  target.writeUInt32BE(id, at + 4)
  target[at + 8] = tag
  return writeFields(target, at + HEADER_BYTES, fields)
}

/** One frame as bytes. */
export function encodeFrame(frame: Required<Frame> & { readonly fields: readonly Uint8Array[] }): Buffer {
  const out = Buffer.allocUnsafe(frameBytes(frame.fields))
  writeFrame(out, 0, frame.id, frame.tag, frame.fields)
  return out
}

/**
 * Cuts a byte stream into frames, however it was split on its way.
 *
 * @param onFrame - called for each frame in order; its fields are gone once it returns.
 * @returns a function that takes the next bytes, which the caller may overwrite afterwards. It answers false, for good, at
 *   a length that no frame can have: the stream cannot be trusted from there on.
 */
export function createFrameDecoder(onFrame: (frame: Frame) => void): (chunk: Buffer) => boolean {
  let rest: Buffer = Buffer.alloc(0)
  let broken = false
  return (chunk) => {
    if (broken) return false
    const joined = rest.length > 0
    const bytes = joined ? Buffer.concat([rest, chunk]) : chunk
    const end = readFrames(bytes, onFrame)
    rest.fill(0)
    rest = end === undefined || end === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end))
    // Frames carry plaintexts: the copy that joined them is wiped, the caller wipes its own chunk.
    if (joined) bytes.fill(0)
    broken = end === undefined
    return !broken
  }
}

/** @returns the offset of the first frame that is not complete; nothing when its length is impossible. */
function readFrames(bytes: Buffer, onFrame: (frame: Frame) => void): number | undefined {
  let at = 0
  while (at + LENGTH_BYTES <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    if (length < BODY_MIN_BYTES || length > KEY_FRAME_MAX_BYTES) return undefined
    const end = at + LENGTH_BYTES + length
    if (end > bytes.length) break
    onFrame({
      id: bytes.readUInt32BE(at + 4),
      tag: bytes.readUInt8(at + 8),
      fields: fieldsBetween(bytes, at + HEADER_BYTES, end),
    })
    at = end
  }
  return at
}

export type Batch = {
  /** Copies a frame into the batch. False, and nothing is added, when it would exceed the limits of a frame. */
  add(id: number, tag: number, fields: readonly Uint8Array[]): boolean
  /** Writes what was added since the last flush. */
  flush(): void
}

/**
 * Collects frames, so that those of one event-loop tick leave in one write.
 *
 * @param write - sends the bytes and calls `done` once they are no longer needed; they are wiped and used again then,
 *   because they carry plaintexts.
 */
export function createBatch(write: (bytes: Buffer, done: () => void) => void): Batch {
  let buffer: Buffer = Buffer.allocUnsafeSlow(KEY_BATCH_BYTES)
  let spare: Buffer | undefined
  let used = 0
  const flush = () => {
    if (used === 0) return
    const full = buffer
    const bytes = full.subarray(0, used)
    buffer = spare ?? Buffer.allocUnsafeSlow(KEY_BATCH_BYTES)
    spare = undefined
    used = 0
    write(bytes, () => {
      bytes.fill(0)
      if (full.length === KEY_BATCH_BYTES) spare = full
    })
  }
  const add: Batch['add'] = (id, tag, fields) => {
    const needed = frameBytes(fields)
    if (needed > KEY_FRAME_MAX_BYTES + LENGTH_BYTES || fields.length > KEY_FRAME_FIELDS_MAX) return false
    if (used + needed > buffer.length) flush()
    if (needed > buffer.length) buffer = Buffer.allocUnsafeSlow(needed)
    used = writeFrame(buffer, used, id, tag, fields)
    return true
  }
  return { add, flush }
}
