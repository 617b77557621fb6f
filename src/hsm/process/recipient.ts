import { decodeFields, OPS, type Op } from '../wire.ts'
import { beside } from './beside.ts'
import type { Answer, Boundary, Operation } from './boundary.ts'
import { envelopedData } from './enveloped-data.ts'

/** Operations whose secret can be sealed for a recipient: it is the first field of their reply. Source: KMS, Recipient. */
const SEALED = [
  'decrypt',
  'deriveSharedSecret',
  'generateDataKey',
  'generateDataKeyPair',
  'generateRandom',
] as const satisfies readonly Op[]

type Sealed = Readonly<Record<(typeof SEALED)[number], Operation>>

/** The operation of a tag, of those that can be sealed. */
function operationOf(operations: Sealed, tag: Buffer): Operation | undefined {
  const name = tag.length === 1 ? SEALED.find((op) => OPS[op] === tag[0]) : undefined
  return name && operations[name]
}

/**
 * Does an operation whose secret leaves this process for the holder of an attested key only, and first finds that the
 * attestation holds.
 *
 * @returns the operation's fields with the first one sealed (CMS, BER); `invalidAttestation`, `noAttestationRoot`.
 */
export async function forRecipient(
  boundary: Boundary,
  operations: Sealed,
  request: readonly Buffer[],
): Promise<Answer> {
  const [document = Buffer.alloc(0), tag = Buffer.alloc(0), inner = Buffer.alloc(0)] = request.map((field) =>
    Buffer.from(field),
  )
  const operation = operationOf(operations, tag)
  const fields = decodeFields(inner)
  if (!operation || fields?.length !== operation.fields) return 'refused'
  const verified = await beside(boundary, 'ECC_NIST_P384', () => boundary.attestations(document, Date.now()))
  if (typeof verified === 'string') return verified
  const answer = await operation.run(boundary, ...fields)
  if (typeof answer === 'string') return answer
  const [secret, ...rest] = answer
  if (!secret) return 'refused'
  const sealed = await beside(boundary, 'RSA_2048', () => envelopedData(verified, secret))
  secret.fill(0)
  return typeof sealed === 'string' ? sealed : [sealed, ...rest]
}
