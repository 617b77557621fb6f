import { type Cbor, type CborMap, decodeCbor } from './cbor.ts'
import { ATTESTATION_CHAIN_MAX, ATTESTATION_DOCUMENT_MAX_BYTES } from './limits.ts'

/**
 * What an attestation document says of who made it. Reading believes nothing: whether the document is genuine is for the
 * key process to say, before anything is done for it.
 */
export type Attestation = {
  /** Of which kind the measurements are: of a Nitro enclave, or of a NitroTPM. */
  readonly platform: 'enclave' | 'tpm'
  readonly moduleId: string
  /** Milliseconds since the epoch, UTC. */
  readonly timestamp: number
  /** Measurements by register. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>
  /** DER, of the key that signed the document. */
  readonly certificate: Uint8Array
  /** DER, from the root to the issuer of `certificate`. */
  readonly cabundle: readonly Uint8Array[]
  /** DER, SubjectPublicKeyInfo: for whom answers are sealed. */
  readonly publicKey: Uint8Array
  /** What the signature is over. */
  readonly signed: Uint8Array
  /** ECDSA on P-384 with SHA-384: r and s, 48 bytes each. */
  readonly signature: Uint8Array
}

/** COSE_Sign1, which may stand without its tag. Source: RFC 9052, section 4.2. */
const COSE_SIGN1_TAG = 0xd2
/** Label and value of the algorithm ES384. Source: RFC 9053, section 2.1. */
const ALGORITHM = 1
const ES384 = -35
const SIGNATURE_BYTES = 96
/** Bytes of a measurement. Source: AWS Nitro Enclaves attestation document specification. */
const PCR_BYTES: ReadonlySet<number> = new Set([32, 48, 64])
const PCR_MAX = 31
/** Bytes of a certificate and of the public key. The specification says 1024; a 4096-bit RSA certificate needs more. */
const DER_MAX_BYTES = 4096
const MODULE_ID_MAX_CHARS = 1024

const isMap = (value: Cbor | undefined): value is CborMap => value instanceof Map
const isBytes = (value: Cbor | undefined): value is Uint8Array => value instanceof Uint8Array
const isDer = (value: Cbor | undefined): value is Uint8Array =>
  isBytes(value) && value.length > 0 && value.length <= DER_MAX_BYTES

/**
 * Reads an attestation document of a Nitro enclave or a NitroTPM.
 *
 * @returns nothing for what is none, or has no public key. Its bytes are views of `document`.
 * Source: AWS Nitro Enclaves, "Cryptographic attestation": COSE_Sign1 over CBOR.
 */
export function parseAttestation(document: Uint8Array): Attestation | undefined {
  if (document.length > ATTESTATION_DOCUMENT_MAX_BYTES) return undefined
  const message = decodeCbor(document[0] === COSE_SIGN1_TAG ? document.subarray(1) : document)
  if (!Array.isArray(message) || message.length !== 4) return undefined
  const [protectedHeader, unprotectedHeader, payload, signature]: readonly Cbor[] = message
  if (!isBytes(protectedHeader) || !isMap(unprotectedHeader) || !isBytes(payload) || !isBytes(signature))
    return undefined
  if (!isEs384(protectedHeader) || signature.length !== SIGNATURE_BYTES) return undefined
  const claims = decodeCbor(payload)
  const read = isMap(claims) ? parseClaims(claims) : undefined
  return read && { ...read, signed: signedBytes(protectedHeader, payload), signature }
}

/** The one header that says which algorithm the signature is of; any other would have to be understood. */
function isEs384(protectedHeader: Uint8Array): boolean {
  const header = decodeCbor(protectedHeader)
  return isMap(header) && header.size === 1 && header.get(ALGORITHM) === ES384
}

function parseClaims(claims: CborMap): Omit<Attestation, 'signed' | 'signature'> | undefined {
  const moduleId = claims.get('module_id')
  const timestamp = claims.get('timestamp')
  const certificate = claims.get('certificate')
  const publicKey = claims.get('public_key')
  const cabundle = parseBundle(claims.get('cabundle'))
  const platform = claims.has('nitrotpm_pcrs') ? 'tpm' : 'enclave'
  const pcrs = parsePcrs(claims.get(platform === 'tpm' ? 'nitrotpm_pcrs' : 'pcrs'))
  if (claims.get('digest') !== 'SHA384' || !pcrs || !cabundle || !isDer(certificate) || !isDer(publicKey))
    return undefined
  if (typeof moduleId !== 'string' || moduleId.length === 0 || moduleId.length > MODULE_ID_MAX_CHARS) return undefined
  if (typeof timestamp !== 'number' || timestamp <= 0) return undefined
  return { platform, moduleId, timestamp, pcrs, certificate, cabundle, publicKey }
}

function parseBundle(value: Cbor | undefined): readonly Uint8Array[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > ATTESTATION_CHAIN_MAX) return undefined
  const bundle: readonly Cbor[] = value
  return bundle.every(isDer) ? bundle : undefined
}

function parsePcrs(value: Cbor | undefined): ReadonlyMap<number, Uint8Array> | undefined {
  if (!isMap(value) || value.size === 0) return undefined
  const pcrs = new Map<number, Uint8Array>()
  for (const [index, measurement] of value) {
    if (typeof index !== 'number' || index < 0 || index > PCR_MAX) return undefined
    if (!isBytes(measurement) || !PCR_BYTES.has(measurement.length)) return undefined
    pcrs.set(index, measurement)
  }
  return pcrs
}

/** `["Signature1", protected, h'', payload]`. Source: RFC 9052, section 4.4. */
function signedBytes(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  const parts = [
    SIGNATURE_CONTEXT,
    byteStringHead(protectedHeader.length),
    protectedHeader,
    byteStringHead(0),
    byteStringHead(payload.length),
    payload,
  ]
  const signed = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    signed.set(part, at)
    at += part.length
  }
  return signed
}

/** An array of four, and the text `Signature1`. */
const SIGNATURE_CONTEXT = Uint8Array.of(0x84, 0x6a, ...new TextEncoder().encode('Signature1'))

function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length)
  if (length < 2 ** 8) return Uint8Array.of(0x58, length)
  if (length < 2 ** 16) return Uint8Array.of(0x59, length >> 8, length & 0xff)
  return Uint8Array.of(0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff)
}
