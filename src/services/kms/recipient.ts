import { type Attestation, parseAttestation } from '../../domain/attestation.ts'
import { error, type ServiceError } from '../../domain/error.ts'
import type { Recipient } from '../../request/ports.ts'
import type { ConditionValues } from '../../request/targets.ts'

type Given = {
  readonly Recipient?: { readonly KeyEncryptionAlgorithm?: string; readonly AttestationDocument?: Uint8Array }
}

/**
 * For whom the answer is to be sealed; nothing when it is for the caller.
 *
 * @returns `ValidationException` unless both members are there.
 */
export function recipientOf({ Recipient: given }: Given): Recipient | undefined | ServiceError {
  if (given === undefined) return undefined
  if (given.KeyEncryptionAlgorithm === undefined || given.AttestationDocument === undefined)
    return error('ValidationException', 'Recipient needs KeyEncryptionAlgorithm and AttestationDocument.')
  return { document: given.AttestationDocument }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

function read({ Recipient: given }: Given): Attestation | undefined {
  return given?.AttestationDocument && parseAttestation(given.AttestationDocument)
}

/**
 * The measurements that the document claims, in lower-case hex. Nobody has verified them yet: should a policy allow the call
 * for what is not true, the key process refuses the document before it does anything for it.
 *
 * Source: KMS developer guide, condition keys for Nitro Enclaves and NitroTPM.
 */
export function recipientConditions(given: Given): ConditionValues {
  const attested = read(given)
  if (!attested) return {}
  const name = attested.platform === 'tpm' ? 'NitroTPMPCR' : 'PCR'
  const pcrs = [...attested.pcrs].map(([index, value]) => [`kms:RecipientAttestation:${name}${index}`, hex(value)])
  const image = attested.platform === 'enclave' ? attested.pcrs.get(0) : undefined
  return {
    ...Object.fromEntries(pcrs),
    ...(image ? { 'kms:RecipientAttestation:ImageSha384': hex(image) } : {}),
  }
}

/** What the event tells of the recipient. Source: CloudTrail events of calls with an attestation document. */
export function recipientNoted(given: Given) {
  const attested = read(given)
  if (!attested) return {}
  const image = attested.pcrs.get(0)
  const recipient = {
    attestationDocumentModuleId: attested.moduleId,
    ...(image ? { attestationDocumentEnclaveImageDigest: hex(image) } : {}),
  }
  return { noted: { recipient } }
}
