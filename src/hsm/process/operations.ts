import { GENERATED_BYTES_MAX, PLAINTEXT_MAX_BYTES } from '../../domain/limits.ts'
import { OPS, type Op, type Refusal } from '../wire.ts'
import { isMac, mac, macHash } from './algorithms.ts'
import type { DomainKeys } from './domain-keys.ts'
import { decrypt, encrypt } from './envelope.ts'
import { adoptMaterial, createMaterial, type Material, type MaterialIds } from './material.ts'
import { randomBytes } from './random.ts'
import { createSecret, signingKey } from './secrets.ts'

/** What operations work with; nothing else is remembered from one request to the next. */
export type Boundary = {
  readonly domainKeys: DomainKeys
  readonly material: (field: Buffer) => Material | Refusal
  /** Absent where nobody may bring material in the clear, which is everywhere but in the emulator. */
  readonly materialIds?: MaterialIds
}

/** Fields of the reply, or the code of a refusal. */
export type Answer = readonly Buffer[] | Refusal

export type Operation = {
  /** How many fields a request has. */
  readonly fields: number
  /** Whether the reply's fields are wiped once they are written. */
  readonly isSecret?: true
  /**
   * @param fields - views that are valid until it returns: what is used after an `await` must be copied before. A promise is
   *   answered in a later batch, so slow algorithms stall nobody.
   */
  readonly run: (boundary: Boundary, ...fields: readonly Buffer[]) => Answer | Promise<Answer>
}

/** The material of `field` if it is a symmetric encryption key. */
function envelopeOf(boundary: Boundary, field: Buffer): Material | Refusal {
  const material = boundary.material(field)
  if (typeof material === 'string') return material
  return material.keySpec === 'SYMMETRIC_DEFAULT' && material.keyUsage === 'ENCRYPT_DECRYPT' ? material : 'refused'
}

function sized(field: Buffer): Buffer | Refusal {
  const bytes = field.length === 4 ? field.readUInt32BE() : 0
  return bytes < 1 || bytes > GENERATED_BYTES_MAX ? 'refused' : randomBytes(bytes)
}

function newDataKey(
  boundary: Boundary,
  field: Buffer,
  size: Buffer,
  context: Buffer,
): readonly [Buffer, Buffer] | Refusal {
  const envelope = envelopeOf(boundary, field)
  if (typeof envelope === 'string') return envelope
  const dataKey = sized(size)
  if (typeof dataKey === 'string') return dataKey
  const ciphertext = encrypt(envelope, dataKey, context)
  return typeof ciphertext === 'string' ? ciphertext : [dataKey, ciphertext]
}

/** Every operation by its name on the wire; an operation without a row does not compile. */
const OPERATIONS = {
  adoptDomainKey: {
    fields: 4,
    run: ({ domainKeys }, domain: Buffer, id: Buffer, createdAt: Buffer, wrapped: Buffer) =>
      domainKeys.adopt({ domain, id, createdAt, wrapped }) ?? [],
  },
  makeDomainKey: {
    fields: 1,
    run({ domainKeys }, domain: Buffer) {
      const kept = domainKeys.make(domain.toString('latin1'), Date.now())
      return typeof kept === 'string' ? kept : [kept.id, kept.createdAt, kept.wrapped]
    },
  },
  createMaterial: { fields: 6, run: ({ domainKeys }, ...fields) => createMaterial(domainKeys, fields) },
  adoptMaterial: {
    fields: 7,
    run: ({ domainKeys, materialIds }, ...fields) =>
      materialIds ? adoptMaterial(domainKeys, materialIds, fields) : 'refused',
  },
  encrypt: {
    fields: 3,
    run(boundary, field: Buffer, plaintext: Buffer, context: Buffer) {
      const envelope = envelopeOf(boundary, field)
      if (typeof envelope === 'string') return envelope
      const ciphertext = encrypt(envelope, plaintext, context)
      return typeof ciphertext === 'string' ? ciphertext : [ciphertext]
    },
  },
  decrypt: {
    fields: 3,
    isSecret: true,
    run(boundary, field: Buffer, ciphertext: Buffer, context: Buffer) {
      const envelope = envelopeOf(boundary, field)
      if (typeof envelope === 'string') return envelope
      const plaintext = decrypt(envelope, ciphertext, context)
      return typeof plaintext === 'string' ? plaintext : [plaintext]
    },
  },
  reEncrypt: {
    fields: 5,
    run(boundary, from: Buffer, ciphertext: Buffer, fromContext: Buffer, to: Buffer, toContext: Buffer) {
      const source = envelopeOf(boundary, from)
      if (typeof source === 'string') return source
      const destination = envelopeOf(boundary, to)
      if (typeof destination === 'string') return destination
      const plaintext = decrypt(source, ciphertext, fromContext)
      if (typeof plaintext === 'string') return plaintext
      const again = encrypt(destination, plaintext, toContext)
      plaintext.fill(0)
      return typeof again === 'string' ? again : [again]
    },
  },
  generateDataKey: { fields: 3, isSecret: true, run: newDataKey },
  generateDataKeyWithoutPlaintext: {
    fields: 3,
    run(boundary, field: Buffer, size: Buffer, context: Buffer) {
      const made = newDataKey(boundary, field, size, context)
      if (typeof made === 'string') return made
      made[0].fill(0)
      return [made[1]]
    },
  },
  generateRandom: {
    fields: 1,
    isSecret: true,
    run(_, size: Buffer) {
      const bytes = sized(size)
      return typeof bytes === 'string' ? bytes : [bytes]
    },
  },
  generateMac: {
    fields: 3,
    run(boundary, field: Buffer, algorithm: Buffer, message: Buffer) {
      const material = boundary.material(field)
      if (typeof material === 'string') return material
      const hash = macHash(material.keySpec, algorithm.toString('latin1'))
      return hash && isMessage(message) ? [mac(material.key, hash, message)] : 'refused'
    },
  },
  verifyMac: {
    fields: 4,
    run(boundary, field: Buffer, algorithm: Buffer, message: Buffer, claimed: Buffer) {
      const material = boundary.material(field)
      if (typeof material === 'string') return material
      const hash = macHash(material.keySpec, algorithm.toString('latin1'))
      if (!hash || !isMessage(message)) return 'refused'
      return isMac(material.key, hash, message, claimed) ? [] : 'invalidMac'
    },
  },
  createSecret: {
    fields: 1,
    isSecret: true,
    run: ({ domainKeys }, accessKeyId: Buffer) => createSecret(domainKeys, accessKeyId),
  },
  deriveSigningKey: {
    fields: 5,
    isSecret: true,
    run: ({ domainKeys }, accessKeyId: Buffer, wrapped: Buffer, date: Buffer, region: Buffer, service: Buffer) =>
      signingKey(domainKeys, accessKeyId, wrapped, { date, region, service }),
  },
} as const satisfies Record<Op, Operation>

function isMessage(message: Buffer): boolean {
  return message.length >= 1 && message.length <= PLAINTEXT_MAX_BYTES
}

const BY_TAG: readonly (Operation | undefined)[] = Object.entries(OPS).reduce<Operation[]>((rows, [name, tag]) => {
  const operation = Object.entries(OPERATIONS).find(([op]) => op === name)?.[1]
  if (operation) rows[tag] = operation
  return rows
}, [])

/** The operation of a frame's tag. */
export function operationOf(tag: number): Operation | undefined {
  return BY_TAG[tag]
}
