import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Reads a data directory as docs/formats.md describes it, with nothing of Trent's own: what it opens, anybody with the root
 * key can open.
 */
export type OpenedStore = {
  readonly rootKey: Buffer
  readonly domainKeys: readonly DomainKey[]
  readonly materials: readonly Material[]
  readonly secrets: ReadonlyMap<string, string>
  readonly digestKeys: readonly DigestKey[]
}

/** A key of digest files: both halves, PKCS#8 and PKCS#1. */
export type DigestKey = { readonly privateKey: Buffer; readonly publicKey: Buffer }

export type DomainKey = { readonly id: string; readonly domain: string; readonly bytes: Buffer }

export type Material = {
  readonly account: string
  readonly region: string
  readonly keyId: string
  /** 64 hex digits. */
  readonly materialId: string
  readonly bytes: Buffer
}

const TAG_BYTES = 16
const IV_BYTES = 12
const LABELS = { wrapping: 'trent/v1/wrap-domain-key', message: 'trent/v1/aes-256-gcm' } as const
const BINDINGS = {
  domainKey: 'trent/v1/domain-key',
  material: 'trent/v1/key-material',
  secret: 'trent/v1/secret-access-key',
} as const

function u32(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(value)
  return out
}

const fields = (...parts: ReadonlyArray<string | Uint8Array>): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)).flatMap((part) => [u32(part.length), part]))

/** SP 800-108, counter mode, HMAC-SHA-256, one block. */
export function derive(key: Buffer, label: string, context: Buffer): Buffer {
  const input = Buffer.concat([u32(1), Buffer.from(label), Buffer.of(0), context, u32(256)])
  return createHmac('sha256', key).update(input).digest()
}

function openSealed(key: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
}

/** The 32 bytes of key in a root key file; throws when it is damaged. */
export function parseRootKeyFile(file: Buffer): Buffer {
  if (file.length !== 48 || !file.subarray(0, 12).equals(Buffer.from('TRENTKEY\x01\0\0\0', 'latin1')))
    throw new Error('no root key file')
  const checksum = createHash('sha256').update(file.subarray(0, 44)).digest().subarray(0, 4)
  if (!checksum.equals(file.subarray(44))) throw new Error('a damaged root key file')
  return Buffer.from(file.subarray(12, 44))
}

type Row = Readonly<Record<string, unknown>>

function bytesOf(row: Row, column: string): Buffer {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new Error(`no bytes in ${column}`)
  return Buffer.from(value)
}

const textOf = (row: Row, column: string): string => String(row[column])

function openDomainKey(rootKey: Buffer, row: Row): DomainKey {
  const [domain, id] = [textOf(row, 'region'), textOf(row, 'id')]
  const createdAt = Buffer.alloc(8)
  createdAt.writeBigUInt64BE(BigInt(textOf(row, 'created_at')))
  const aad = fields(BINDINGS.domainKey, domain, Buffer.from(id, 'hex'), createdAt)
  const wrapped = bytesOf(row, 'wrapped')
  if (wrapped[0] !== 1) throw new Error('an unknown version of wrapped domain key')
  return { id, domain, bytes: openSealed(derive(rootKey, LABELS.wrapping, Buffer.alloc(0)), aad, wrapped.subarray(1)) }
}

/** Version, id of the domain key, sealed bytes. */
export function openWrapped(domainKeys: readonly DomainKey[], domain: string, aad: Buffer, wrapped: Buffer): Buffer {
  const id = wrapped.toString('hex', 1, 17)
  const domainKey = domainKeys.find((key) => key.id === id && key.domain === domain)
  if (wrapped[0] !== 1 || domainKey === undefined) throw new Error('wrapped under a key that is not there')
  return openSealed(domainKey.bytes, aad, wrapped.subarray(17))
}

/** `00` and the 16 bytes of a UUID, or `01` and the 16 bytes after `mrk-`. */
function keyIdOf(bytes: Buffer): string {
  const hex = bytes.toString('hex', 1)
  if (bytes[0] === 1) return `mrk-${hex}`
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

export function materialBinding(row: Row): Buffer {
  const record: Row = {
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    ...parseRecord(textOf(row, 'record')),
  }
  const [spec, usage, origin] = [textOf(record, 'keySpec'), textOf(record, 'keyUsage'), textOf(record, 'origin')]
  const keyId = keyIdOf(bytesOf(row, 'key_id'))
  return fields(BINDINGS.material, textOf(row, 'account'), keyId, bytesOf(row, 'material_id'), spec, usage, origin)
}

function parseRecord(text: string): Row {
  return text === '' ? {} : JSON.parse(text)
}

export const MATERIAL_ROWS = `select s.account, s.region, m.key_id, m.material_id, m.wrapped, k.record
  from key_materials m join scopes s on s.scope_id = m.scope_id
  join keys k on k.scope_id = m.scope_id and k.key_id = m.key_id where length(m.wrapped) > 0`

function openMaterial(domainKeys: readonly DomainKey[], row: Row): Material {
  const [account, region] = [textOf(row, 'account'), textOf(row, 'region')]
  const bytes = openWrapped(domainKeys, region, materialBinding(row), bytesOf(row, 'wrapped'))
  return {
    account,
    region,
    keyId: keyIdOf(bytesOf(row, 'key_id')),
    materialId: bytesOf(row, 'material_id').toString('hex'),
    bytes,
  }
}

function openSecret(domainKeys: readonly DomainKey[], row: Row): readonly [string, string] {
  const accessKeyId = textOf(row, 'access_key_id')
  const aad = fields(BINDINGS.secret, accessKeyId)
  return [accessKeyId, openWrapped(domainKeys, 'aws-global', aad, bytesOf(row, 'wrapped_secret')).toString('latin1')]
}

function openDigestKeys(domainKeys: readonly DomainKey[], setting: string): readonly DigestKey[] {
  const kept: readonly { readonly publicKey: string; readonly wrapped: string }[] = JSON.parse(setting)
  return kept.map(({ publicKey, wrapped }) => ({
    publicKey: Buffer.from(publicKey, 'base64'),
    privateKey: openWrapped(
      domainKeys,
      'aws-global',
      Buffer.from('trent/v1/digest-key'),
      Buffer.from(wrapped, 'base64'),
    ),
  }))
}

/** Opens everything in a data directory, whether or not a service runs on it. */
export function openStore(data: string): OpenedStore {
  const rootKey = parseRootKeyFile(readFileSync(join(data, 'root.key')))
  const database = new DatabaseSync(join(data, 'trent.db'), { readOnly: true })
  try {
    const rows = (sql: string): readonly Row[] => database.prepare(sql).all()
    const domainKeys = rows('select * from domain_keys').map((row) => openDomainKey(rootKey, row))
    const materials = rows(MATERIAL_ROWS).map((row) => openMaterial(domainKeys, row))
    const secrets = new Map(rows('select * from access_keys').map((row) => openSecret(domainKeys, row)))
    const [setting] = rows("select value from settings where name = 'digest-keys'")
    const digestKeys = setting ? openDigestKeys(domainKeys, textOf(setting, 'value')) : []
    return { rootKey, domainKeys, materials, secrets, digestKeys }
  } finally {
    database.close()
  }
}

type Element = { readonly tag: number; readonly start: number; readonly content: Buffer }

/** The DER elements that follow each other in `bytes`. */
function elements(bytes: Buffer, offset: number): readonly Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at + 1)
    const lengthBytes = first < 0x80 ? 0 : first - 0x80
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
    const start = at + 2 + lengthBytes
    found.push({ tag: bytes.readUInt8(at), start: offset + start, content: bytes.subarray(start, start + length) })
    at = start + length
  }
  return found
}

const inside = (element: Element | undefined): readonly Element[] =>
  element === undefined ? [] : elements(element.content, element.start)

/** Where the IV and the encrypted bytes stand in a ciphertext: CMS EncryptedData with AES-256-GCM. */
function findSealed(ciphertext: Buffer): { readonly iv: Element; readonly sealed: Element } {
  const [contentInfo] = elements(ciphertext.subarray(58), 58)
  const [encryptedData] = inside(inside(contentInfo)[1])
  const [, algorithm, sealed] = inside(inside(encryptedData)[1])
  const [iv, tagBytes] = inside(inside(algorithm)[1])
  if (iv === undefined || sealed === undefined) throw new Error('no CMS EncryptedData')
  // What stands between the IV and the encrypted bytes is not authenticated, so its only form is asked for.
  const isExact = tagBytes?.tag === 2 && tagBytes.content.equals(Buffer.of(TAG_BYTES)) && sealed.tag === 0x80
  if (!isExact || sealed.start + sealed.content.length !== ciphertext.length) throw new Error('no exact form')
  return { iv, sealed }
}

/** The encryption context as additional data. */
export function encodeContext(context: Readonly<Record<string, string>>): Buffer {
  const u16 = (value: number) => u32(value).subarray(2)
  const pairs = Object.entries(context)
    .map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
  return Buffer.concat([u16(pairs.length), ...pairs.flat().flatMap((part) => [u16(part.length), part])])
}

/** Decrypts what Encrypt and its sisters answer. Throws when anything is not as it was encrypted. */
export function decryptCiphertext(
  materials: readonly Material[],
  ciphertext: Buffer,
  context: Readonly<Record<string, string>>,
): Buffer {
  const materialId = ciphertext.toString('hex', 5, 37)
  const material = materials.find((candidate) => candidate.materialId === materialId)
  if (material === undefined) throw new Error('made with material that is not there')
  const { iv, sealed } = findSealed(ciphertext)
  const nonce = ciphertext.subarray(38, 54)
  const key = derive(material.bytes, LABELS.message, Buffer.concat([nonce, Buffer.from(material.keyId)]))
  const aad = Buffer.concat([ciphertext.subarray(0, iv.start), encodeContext(context)])
  const inner = openSealed(key, aad, Buffer.concat([iv.content, sealed.content]))
  if (!inner.subarray(0, 11).equals(Buffer.from('0100000000000000000000', 'hex')))
    throw new Error('an unknown inner version')
  return inner.subarray(11)
}
