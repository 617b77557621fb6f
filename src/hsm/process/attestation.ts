import { createHash, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { type Attestation, parseAttestation } from '../../domain/attestation.ts'
import { ATTESTATION_CHAINS_MAX, ATTESTATION_MAX_AGE_MS } from '../../domain/limits.ts'
import type { Refusal } from '../wire.ts'
import { isOneStructure } from './der.ts'
import { createLru } from './lru.ts'

/** Whose word counts: roots that chains must begin with; `unrooted` takes any key that signs for itself, in the emulator. */
export type Trust = readonly X509Certificate[] | 'unrooted' | 'nobody'

/** @returns the key to seal for, or why there is none. */
export type Attestations = (document: Buffer, now: number) => Promise<KeyObject | Refusal>

/** A chain that was verified, and when it holds, in milliseconds since the epoch. */
type Chain = { readonly leaf: KeyObject; readonly from: number; readonly to: number }

/** Bits of the RSA key that answers are sealed for. */
const MODULUS_BITS = { min: 2048, max: 4096 } as const
const EXPONENT_MIN = 65_537n

/** Whatever OpenSSL dislikes about bytes from outside means the same: they are not what they should be. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** @returns nothing for what is no certificate. */
export function parseCertificate(der: Uint8Array): X509Certificate | undefined {
  const bytes = Buffer.from(der)
  return isOneStructure(bytes) ? attempt(() => new X509Certificate(bytes)) : undefined
}

/** The key that documents are sealed for; nothing for another than an RSA key of a usual size. */
function recipientKey(spki: Uint8Array): KeyObject | undefined {
  const der = Buffer.from(spki)
  if (!isOneStructure(der)) return undefined
  const key = attempt(() => createPublicKey({ key: der, format: 'der', type: 'spki' }))
  const { modulusLength = 0, publicExponent = 0n } = key?.asymmetricKeyDetails ?? {}
  const isUsual = modulusLength >= MODULUS_BITS.min && modulusLength <= MODULUS_BITS.max
  return key?.asymmetricKeyType === 'rsa' && isUsual && publicExponent >= EXPONENT_MIN ? key : undefined
}

/** ES384 is of this curve alone. */
function signingKey(certificate: X509Certificate): KeyObject | undefined {
  const key = attempt(() => certificate.publicKey)
  return key?.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? key : undefined
}

function isIssued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return attempt(() => issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)) ?? false
}

/** Verifying one certificate takes more than a millisecond: requests have their turn in between. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function verifyChain(roots: readonly X509Certificate[], attested: Attestation): Promise<Chain | undefined> {
  const chain = [...attested.cabundle, attested.certificate].map(parseCertificate)
  const [first] = chain
  if (!first || !roots.some((root) => root.raw.equals(first.raw))) return undefined
  let from = -Infinity
  let to = Infinity
  let issuer = first
  for (const certificate of chain) {
    if (!certificate || (certificate !== first && !isIssued(certificate, issuer))) return undefined
    from = Math.max(from, certificate.validFromDate.getTime())
    to = Math.min(to, certificate.validToDate.getTime())
    issuer = certificate
    await turn()
  }
  const leaf = signingKey(issuer)
  return leaf && { leaf, from, to }
}

function chainName({ cabundle, certificate }: Attestation): string {
  const digest = createHash('sha256')
  // Each as a digest of its own, so that no two lists are joined to the same bytes.
  for (const der of [...cabundle, certificate]) digest.update(createHash('sha256').update(der).digest())
  return digest.digest('hex')
}

function isSignedBy(key: KeyObject, { signed, signature }: Attestation): Promise<boolean> {
  const options = { key, dsaEncoding: 'ieee-p1363' } as const
  return new Promise((resolve) => {
    verify('sha384', signed, options, signature, (failed, isValid) => resolve(failed === null && isValid))
  })
}

/**
 * Verifies attestation documents: their form, the chain of certificates, its dates, the signature, that it is recent, and
 * that it has an RSA key to seal for. Chains are remembered, their dates are looked at every time.
 *
 * Without roots nothing is refused for its chain or its age, so that documents made by hand can be tried.
 */
export function createAttestations(trust: Trust): Attestations {
  const chains = createLru<Chain>(ATTESTATION_CHAINS_MAX)
  const chainOf = async (roots: readonly X509Certificate[], attested: Attestation) => {
    const name = chainName(attested)
    const known = chains.get(name)
    if (known) return known
    const chain = await verifyChain(roots, attested)
    if (chain) chains.set(name, chain)
    return chain
  }
  const signerOf = async (attested: Attestation, now: number): Promise<KeyObject | undefined> => {
    if (trust === 'unrooted' || trust === 'nobody') {
      const certificate = parseCertificate(attested.certificate)
      return certificate && signingKey(certificate)
    }
    if (Math.abs(now - attested.timestamp) > ATTESTATION_MAX_AGE_MS) return undefined
    const chain = await chainOf(trust, attested)
    return chain && chain.from <= now && now <= chain.to ? chain.leaf : undefined
  }
  return async (document, now) => {
    if (trust === 'nobody') return 'noAttestationRoot'
    const attested = parseAttestation(document)
    const key = attested && recipientKey(attested.publicKey)
    const signer = attested && key && (await signerOf(attested, now))
    return signer && (await isSignedBy(signer, attested)) ? key : 'invalidAttestation'
  }
}

/**
 * Who is trusted, as the arguments of the process say it.
 *
 * @returns nothing when a root is no certificate.
 */
export function parseTrust(args: readonly string[]): Trust | undefined {
  if (args.includes(UNROOTED)) return 'unrooted'
  const roots = args
    .filter((arg) => arg.startsWith(ROOT))
    .map((arg) => parseCertificate(base64(arg.slice(ROOT.length))))
  if (roots.length === 0) return 'nobody'
  return roots.every((root) => root !== undefined) ? roots : undefined
}

const base64 = (text: string) => Buffer.from(text, 'base64')

const UNROOTED = 'unrooted-attestation'
const ROOT = 'attestation-root='
