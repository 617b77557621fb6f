/**
 * What a digest file's signature covers: its end, its place, the SHA-256 of its content, the signature of the digest before.
 *
 * Source: CloudTrail user guide, custom implementations of log file integrity validation.
 */
export type DigestFacts = {
  /** ISO 8601 with whole seconds, UTC. */
  readonly endTime: string
  readonly bucket: string
  /** The object's key in the bucket. */
  readonly object: string
  /** Hex. */
  readonly sha256: string
  /** Hex; absent for the first digest of a chain. */
  readonly previousSignature?: string
}

/** The text that is signed: four lines, without a line break at the end. */
export function digestText({ endTime, bucket, object, sha256, previousSignature }: DigestFacts): string {
  return `${endTime}\n${bucket}/${object}\n${sha256}\n${previousSignature ?? 'null'}`
}

const DIGEST_TEXT =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n[\w.-]{1,255}\/[\w!.*'()/-]{1,1024}\n[0-9a-f]{64}\n(?:null|[0-9a-f]{512})$/

/** Whether a text is one that {@link digestText} makes: the digest key signs nothing else. */
export function isDigestText(text: string): boolean {
  return DIGEST_TEXT.test(text)
}
