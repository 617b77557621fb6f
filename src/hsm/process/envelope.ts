import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { MATERIAL_ID_OFFSET } from '../../domain/ciphertext-header.ts'
import { PLAINTEXT_MAX_BYTES } from '../../domain/limits.ts'
import type { Refusal } from '../wire.ts'
import {
  hasLayout,
  INNER_BYTES,
  INNER_HEADER,
  layoutFor,
  layoutOf,
  NONCE_BYTES,
  NONCE_OFFSET,
} from './ciphertext-layout.ts'
import { contextOffset, derivationInput, deriveKey } from './derive.ts'
import { fillRandom } from './random.ts'
import { GCM, IV_BYTES, isAuthentic, TAG_BYTES } from './sealed.ts'

/** Names the purpose of the keys derived here, so that material serves no two purposes with one key. */
const MESSAGE_LABEL = 'trent/v1/aes-256-gcm'
const NONCE_IN_INPUT = contextOffset(MESSAGE_LABEL)

/** Key material ready to encrypt. */
export type EnvelopeKey = {
  readonly key: KeyObject
  /** 32 bytes. */
  readonly materialId: Buffer
  /**
   * What a message's key is derived from: the context is the message's nonce, written in place, and the key id. The key id
   * keeps apart two keys that hold the same imported material.
   */
  readonly input: Buffer
}

export function envelopeKey(key: KeyObject, keyId: Buffer, materialId: Buffer): EnvelopeKey {
  const input = derivationInput(MESSAGE_LABEL, Buffer.concat([Buffer.alloc(NONCE_BYTES), keyId]))
  return { key, materialId: Buffer.from(materialId), input }
}

/** One key per message: with 128 random bits of nonce and 96 of IV no pair repeats in any number of messages ever sent. */
function messageKey({ key, input }: EnvelopeKey, ciphertext: Buffer): Buffer {
  ciphertext.copy(input, NONCE_IN_INPUT, NONCE_OFFSET, NONCE_OFFSET + NONCE_BYTES)
  return deriveKey(key, input)
}

/** @returns the ciphertext; `refused` for a plaintext of a length that KMS does not encrypt. */
export function encrypt(envelope: EnvelopeKey, plaintext: Buffer, context: Buffer): Buffer | Refusal {
  const random = Buffer.allocUnsafe(NONCE_BYTES + IV_BYTES)
  fillRandom(random)
  return encryptWith(envelope, random, plaintext, context)
}

/** @param random - nonce (16) and IV (12). Apart from `encrypt` only for known-answer tests: both must never repeat. */
export function encryptWith(
  envelope: EnvelopeKey,
  random: Buffer,
  plaintext: Buffer,
  context: Buffer,
): Buffer | Refusal {
  if (plaintext.length < 1 || plaintext.length > PLAINTEXT_MAX_BYTES) return 'refused'
  const layout = layoutFor(plaintext.length)
  const out = Buffer.allocUnsafe(layout.totalBytes)
  layout.template.copy(out)
  envelope.materialId.copy(out, MATERIAL_ID_OFFSET)
  random.copy(out, NONCE_OFFSET, 0, NONCE_BYTES)
  random.copy(out, layout.ivOffset, NONCE_BYTES)
  const key = messageKey(envelope, out)
  const cipher = createCipheriv('aes-256-gcm', key, out.subarray(layout.ivOffset, layout.ivOffset + IV_BYTES), GCM)
  key.fill(0)
  cipher.setAAD(out.subarray(0, layout.ivOffset))
  cipher.setAAD(context)
  const innerAt = layout.sealedOffset
  cipher.update(INNER_HEADER).copy(out, innerAt)
  cipher.update(plaintext).copy(out, innerAt + INNER_BYTES)
  cipher.final()
  cipher.getAuthTag().copy(out, layout.totalBytes - TAG_BYTES)
  return out
}

/**
 * @returns the plaintext, to be wiped by the caller; `invalidCiphertext` when any byte of the ciphertext or of the context is
 *   not the one that was encrypted, and never which.
 */
export function decrypt(envelope: EnvelopeKey, ciphertext: Buffer, context: Buffer): Buffer | Refusal {
  const layout = layoutOf(ciphertext.length)
  if (!layout || !hasLayout(ciphertext, layout) || !namesMaterial(ciphertext, envelope.materialId))
    return 'invalidCiphertext'
  const key = messageKey(envelope, ciphertext)
  const iv = ciphertext.subarray(layout.ivOffset, layout.ivOffset + IV_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, iv, GCM)
  key.fill(0)
  const tagAt = layout.totalBytes - TAG_BYTES
  decipher.setAAD(ciphertext.subarray(0, layout.ivOffset))
  decipher.setAAD(context)
  decipher.setAuthTag(ciphertext.subarray(tagAt))
  const inner = decipher.update(ciphertext.subarray(layout.sealedOffset, tagAt))
  if (isAuthentic(decipher) && hasInnerHeader(inner)) return inner.subarray(INNER_BYTES)
  inner.fill(0)
  return 'invalidCiphertext'
}

function namesMaterial(ciphertext: Buffer, materialId: Buffer): boolean {
  for (let i = 0; i < materialId.length; i++) if (ciphertext[MATERIAL_ID_OFFSET + i] !== materialId[i]) return false
  return true
}

/** Whether the deciphered bytes begin as every version of Trent so far begins them. */
function hasInnerHeader(inner: Buffer): boolean {
  for (let i = 0; i < INNER_BYTES; i++) if (inner[i] !== INNER_HEADER[i]) return false
  return true
}
