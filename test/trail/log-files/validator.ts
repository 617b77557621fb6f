import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

/**
 * A validator of CloudTrail log files, written from the published algorithm alone ("Custom implementations of CloudTrail log
 * file integrity validation"): it shares no code with what writes them.
 */

/** A bucket: objects as they are stored, and the metadata of those that have any. */
export type Bucket = {
  readonly name: string
  readonly objects: ReadonlyMap<string, Buffer>
  readonly metadata: ReadonlyMap<string, string>
}

/** DER of PKCS#1 public keys, by fingerprint, as ListPublicKeys answers them. */
export type PublicKeys = ReadonlyMap<string, Uint8Array>

type Digest = { readonly [member: string]: unknown }

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

function unpacked(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes)
  } catch {
    return undefined
  }
}

function parseRecord(text: string | undefined): Digest | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Digest) : undefined
  } catch {
    return undefined
  }
}

const opened = new WeakMap<Uint8Array, KeyObject>()

function publicKeyOf(key: Uint8Array): KeyObject {
  const known = opened.get(key) ?? createPublicKey({ key: Buffer.from(key), format: 'der', type: 'pkcs1' })
  opened.set(key, known)
  return known
}

function verifies(text: string, signature: unknown, key: Uint8Array): boolean {
  if (typeof signature !== 'string' || !/^[0-9a-f]{512}$/.test(signature)) return false
  return verify('sha256', Buffer.from(text), publicKeyOf(key), Buffer.from(signature, 'hex'))
}

type Checked = { readonly digest: Digest; readonly bytes: Buffer; readonly signature: string }

/** One digest on its own: readable, where it says it is, and signed by a known key. */
function checkDigest(bucket: Bucket, keys: PublicKeys, name: string): Checked | string {
  const packed = bucket.objects.get(name)
  if (!packed) return `${name}: not found`
  const bytes = unpacked(packed)
  const digest = parseRecord(bytes?.toString('utf8'))
  if (!bytes || !digest) return `${name}: not readable`
  if (digest.digestS3Bucket !== bucket.name || digest.digestS3Object !== name) return `${name}: has been moved`
  const metadata = parseRecord(bucket.metadata.get(name))
  if (metadata?.['signature-algorithm'] !== 'SHA256withRSA' || digest.digestSignatureAlgorithm !== 'SHA256withRSA')
    return `${name}: not signed as digests are`
  const key = keys.get(String(digest.digestPublicKeyFingerprint))
  if (!key) return `${name}: signed with an unknown key`
  const text = [
    digest.digestEndTime,
    `${digest.digestS3Bucket}/${digest.digestS3Object}`,
    sha256(bytes),
    digest.previousDigestSignature ?? 'null',
  ].join('\n')
  if (!verifies(text, metadata.signature, key)) return `${name}: signature does not verify`
  return { digest, bytes, signature: String(metadata.signature) }
}

function checkLogs(bucket: Bucket, { digest }: Checked, seen: Set<string>): readonly string[] {
  const files = Array.isArray(digest.logFiles) ? digest.logFiles : []
  return files.flatMap((file: { s3Object: string; s3Bucket: string; hashValue: string; hashAlgorithm: string }) => {
    const name = file.s3Object
    if (seen.has(name)) return [`${name}: listed twice`]
    seen.add(name)
    const packed = bucket.objects.get(name)
    const bytes = packed && unpacked(packed)
    if (!packed || file.s3Bucket !== bucket.name) return [`${name}: not found`]
    if (!bytes) return [`${name}: not readable`]
    return file.hashAlgorithm === 'SHA-256' && sha256(bytes) === file.hashValue ? [] : [`${name}: has been changed`]
  })
}

const END = /_(\d{8}T\d{6}Z)\.json\.gz$/
const timeOf = (compact: string) =>
  Date.parse(compact.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'))

export type Validation = { readonly problems: readonly string[]; readonly digests: number; readonly chains: number }

/** Walks the digests of one account and Region backwards from the newest. */
function checkChain(bucket: Bucket, keys: PublicKeys, names: readonly string[], seen: Set<string>) {
  const problems: string[] = []
  const visited = new Set<string>()
  let chains = 0
  let name: string | undefined = names.at(-1)
  let after: Checked | undefined
  while (name !== undefined && !visited.has(name)) {
    visited.add(name)
    const checked = checkDigest(bucket, keys, name)
    if (typeof checked === 'string') {
      problems.push(checked)
      break
    }
    if (after) {
      if (after.digest.previousDigestSignature !== checked.signature)
        problems.push(`${name}: not the signed predecessor`)
      if (after.digest.previousDigestHashValue !== sha256(checked.bytes)) problems.push(`${name}: another predecessor`)
      if (after.digest.digestStartTime !== checked.digest.digestEndTime)
        problems.push(`${name}: time is missing after it`)
    }
    problems.push(...checkLogs(bucket, checked, seen))
    after = checked
    const previous: unknown = checked.digest.previousDigestS3Object
    if (typeof previous !== 'string') {
      chains += 1
      after = undefined
      // Logging began here: what is older is a chain of its own.
      name = names.findLast((each) => !visited.has(each) && each < String(checked.digest.digestS3Object))
    } else name = previous
  }
  for (const each of names) if (!visited.has(each)) problems.push(`${each}: in no chain`)
  return { problems, digests: visited.size, chains }
}

const isLog = (name: string) => /\/CloudTrail\//.test(name)
const isDigest = (name: string) => /\/CloudTrail-Digest\//.test(name)

/**
 * Validates all that a bucket holds.
 *
 * @param expected - where there must be digests, as a prefix of their names, and the time up to which, in milliseconds.
 */
export function validate(bucket: Bucket, keys: PublicKeys, expected: ReadonlyMap<string, number>): Validation {
  const seen = new Set<string>()
  const problems: string[] = []
  let [digests, chains] = [0, 0]
  for (const [prefix, until] of expected) {
    const names = [...bucket.objects.keys()].filter((name) => name.startsWith(prefix)).sort()
    const newest = END.exec(names.at(-1) ?? '')?.[1]
    if (newest === undefined || timeOf(newest) < until) problems.push(`${prefix}: the newest digest is missing`)
    const chain = checkChain(bucket, keys, names, seen)
    problems.push(...chain.problems)
    digests += chain.digests
    chains += chain.chains
  }
  for (const name of bucket.objects.keys()) {
    if (isLog(name) && !seen.has(name)) problems.push(`${name}: in no digest`)
    if (!isLog(name) && ![...expected.keys()].some((prefix) => isDigest(name) && name.startsWith(prefix)))
      problems.push(`${name}: belongs to nothing`)
  }
  return { problems, digests, chains }
}
