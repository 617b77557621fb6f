import { GENERATED_BYTES_MAX, PLAINTEXT_MAX_BYTES } from '../../domain/limits.ts'
import { OPS, type Op, type Refusal } from '../wire.ts'
import { isMac, mac, macHash } from './algorithms.ts'
import type { Answer, Boundary, Operation } from './boundary.ts'
import { type Bytes, decryptUnder, encryptAnew, encryptUnder, envelopeOf } from './cipher.ts'
import { DIGEST_OPERATIONS } from './digest-operations.ts'
import { encrypt } from './envelope.ts'
import { IMPORT_OPERATIONS } from './import-operations.ts'
import { KEY_PAIR_OPERATIONS } from './key-pair-operations.ts'
import { wrapKeyStoreSecret } from './key-store-secret.ts'
import { adoptMaterial, createMaterial, isKeyPair, type SecretMaterial } from './material.ts'
import { randomBytes } from './random.ts'
import { forRecipient } from './recipient.ts'
import { rewrapMaterial } from './rewrap.ts'
import { createSecret, signingKey } from './secrets.ts'
import { createSession, openSession } from './sessions.ts'
import { createMfaSeed, verifyMfaCode } from './totp.ts'

/** The material of `field` if it is random bytes. */
function secretOf(boundary: Boundary, field: Buffer): SecretMaterial | Refusal {
  const material = boundary.material(field)
  return typeof material !== 'string' && isKeyPair(material) ? 'refused' : material
}

/** One field, now or later. */
function one(bytes: Bytes | Promise<Bytes>): Answer | Promise<Answer> {
  if (bytes instanceof Promise) return bytes.then(one)
  return typeof bytes === 'string' ? bytes : [bytes]
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
  createMaterial: {
    fields: 6,
    run: ({ domainKeys, newKeyPair }, ...fields) => createMaterial(domainKeys, newKeyPair, fields),
  },
  adoptMaterial: {
    fields: 7,
    run: ({ domainKeys, materialIds, adoptsMaterial }, ...fields) =>
      adoptsMaterial ? adoptMaterial(domainKeys, materialIds, fields) : 'refused',
  },
  rewrapMaterial: {
    fields: 2,
    run: ({ domainKeys }, field: Buffer, region: Buffer) => rewrapMaterial(domainKeys, field, region),
  },
  encrypt: {
    fields: 3,
    run: (boundary, field: Buffer, plaintext: Buffer, manner: Buffer) =>
      one(encryptUnder(boundary, field, plaintext, manner)),
  },
  decrypt: {
    fields: 3,
    isSecret: true,
    run: (boundary, field: Buffer, ciphertext: Buffer, manner: Buffer) =>
      one(decryptUnder(boundary, field, ciphertext, manner)),
  },
  reEncrypt: {
    fields: 5,
    run(boundary, from: Buffer, ciphertext: Buffer, fromManner: Buffer, field: Buffer, manner: Buffer) {
      const plaintext = decryptUnder(boundary, from, ciphertext, fromManner)
      if (!(plaintext instanceof Promise)) return one(encryptAnew(boundary, plaintext, { field, manner }))
      const to = { field: Buffer.from(field), manner: Buffer.from(manner) }
      return plaintext.then((late) => encryptAnew(boundary, late, to)).then(one)
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
      const material = secretOf(boundary, field)
      if (typeof material === 'string') return material
      const hash = macHash(material.keySpec, algorithm.toString('latin1'))
      return hash && isMessage(message) ? [mac(material.key, hash, message)] : 'refused'
    },
  },
  verifyMac: {
    fields: 4,
    run(boundary, field: Buffer, algorithm: Buffer, message: Buffer, claimed: Buffer) {
      const material = secretOf(boundary, field)
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
  createSession: {
    fields: 2,
    isSecret: true,
    run: ({ domainKeys }, accessKeyId: Buffer, record: Buffer) => createSession(domainKeys, accessKeyId, record),
  },
  openSession: {
    fields: 5,
    isSecret: true,
    run: ({ domainKeys }, accessKeyId: Buffer, token: Buffer, date: Buffer, region: Buffer, service: Buffer) =>
      openSession(domainKeys, accessKeyId, token, { date, region, service }),
  },
  createMfaSeed: {
    fields: 1,
    isSecret: true,
    run: ({ domainKeys }, serialNumber: Buffer) => createMfaSeed(domainKeys, serialNumber),
  },
  verifyMfaCode: {
    fields: 5,
    run: ({ domainKeys }, serialNumber: Buffer, wrapped: Buffer, code: Buffer, first: Buffer, count: Buffer) =>
      verifyMfaCode(domainKeys, { serialNumber, wrapped }, code, { first, count }),
  },
  wrapKeyStoreSecret: {
    fields: 4,
    run: ({ domainKeys }, region: Buffer, account: Buffer, keyStoreId: Buffer, secret: Buffer) =>
      wrapKeyStoreSecret(domainKeys, { region, account, keyStoreId }, secret),
  },
  signGrantToken: { fields: 1, run: ({ grantTokens }, text: Buffer) => [grantTokens.sign(text)] },
  verifyGrantToken: {
    fields: 2,
    run: ({ grantTokens }, text: Buffer, signature: Buffer) =>
      grantTokens.isSigned(text, signature) ? [] : 'invalidGrantToken',
  },
  ...KEY_PAIR_OPERATIONS,
  ...IMPORT_OPERATIONS,
  ...DIGEST_OPERATIONS,
} as const satisfies Record<Exclude<Op, 'forRecipient'>, Operation>

const ALL_OPERATIONS: Readonly<Record<Op, Operation>> = {
  ...OPERATIONS,
  // The document, the tag of an operation, and its fields.
  forRecipient: { fields: 3, run: (boundary, ...fields) => forRecipient(boundary, OPERATIONS, fields) },
}

function isMessage(message: Buffer): boolean {
  return message.length >= 1 && message.length <= PLAINTEXT_MAX_BYTES
}

const BY_TAG: readonly (Operation | undefined)[] = Object.entries(OPS).reduce<Operation[]>((rows, [name, tag]) => {
  const operation = Object.entries(ALL_OPERATIONS).find(([op]) => op === name)?.[1]
  if (operation) rows[tag] = operation
  return rows
}, [])

/** The operation of a frame's tag. */
export function operationOf(tag: number): Operation | undefined {
  return BY_TAG[tag]
}
