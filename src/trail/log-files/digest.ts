import { hash } from 'node:crypto'
import { digestText } from '../../domain/digest-text.ts'
import { digestObject, type LogTrail, wholeSecond } from './names.ts'
import type { WriteObject } from './objects.ts'
import type { Chain, LogFile, LogFileState, Outlet } from './state.ts'

/** Signs digests with a key that is elsewhere. Both reject when that cannot be reached. */
export type DigestSigner = {
  /** @returns the fingerprint of the key that signs digests which end at that time. */
  keyAt(end: number): Promise<string>
  /** @returns the signature, hex. */
  sign(fingerprint: string, text: string): Promise<string>
}

type Content = {
  readonly chain: Chain
  readonly outlet: Outlet
  readonly object: string
  readonly end: number
  readonly fingerprint: string
  readonly files: readonly LogFile[]
}

const ALGORITHM = 'SHA256withRSA'
const HASH = 'SHA-256'

/** The earliest and the latest of the files' times; null when there are none. */
function extremes(files: readonly LogFile[]) {
  const newest = files.map((file) => file.newest).sort()
  const oldest = files.map((file) => file.oldest).sort()
  return { newestEventTime: newest.at(-1) ?? null, oldestEventTime: oldest[0] ?? null }
}

/** Members and their order: CloudTrail user guide, digest file structure. */
function digestJson({ chain, outlet: { bucket }, object, end, fingerprint, files }: Content): string {
  const { previous } = chain
  return JSON.stringify({
    awsAccountId: chain.account,
    digestStartTime: wholeSecond(chain.periodStart),
    digestEndTime: wholeSecond(end),
    digestS3Bucket: bucket,
    digestS3Object: object,
    digestPublicKeyFingerprint: fingerprint,
    digestSignatureAlgorithm: ALGORITHM,
    ...extremes(files),
    previousDigestS3Bucket: previous ? bucket : null,
    previousDigestS3Object: previous?.object ?? null,
    previousDigestHashValue: previous?.hash ?? null,
    previousDigestHashAlgorithm: previous ? HASH : null,
    previousDigestSignature: previous?.signature ?? null,
    logFiles: files.map((file) => ({
      s3Bucket: bucket,
      s3Object: file.object,
      hashValue: file.hash,
      hashAlgorithm: HASH,
      newestEventTime: file.newest,
      oldestEventTime: file.oldest,
    })),
  })
}

export type DigestParts = {
  readonly state: LogFileState
  readonly outlet: Outlet
  readonly trail: LogTrail
  readonly signer: DigestSigner
  readonly write: WriteObject
}

/**
 * Closes a chain's time: writes the digest of the files that were delivered before `end`, also when there are none.
 *
 * The end is durable before the digest is written, so that after a crash the same digest is written again, and not another
 * with the same predecessor.
 *
 * @throws what the file system, SQLite or the signer answers.
 */
export async function writeDigest({ state, outlet, trail, signer, write }: DigestParts, chain: Chain, at: number) {
  const end = chain.closingAt ?? at
  if (chain.closingAt === undefined) state.closing(chain, end)
  const object = digestObject(chain, trail, end)
  const fingerprint = await signer.keyAt(end)
  const files = state.undigested(chain, end)
  const json = digestJson({ chain, outlet, object, end, fingerprint, files })
  const sha256 = hash('sha256', json, 'hex')
  const { previous } = chain
  const text = digestText({
    endTime: wholeSecond(end),
    bucket: outlet.bucket,
    object,
    sha256,
    ...(previous ? { previousSignature: previous.signature } : {}),
  })
  const signature = await signer.sign(fingerprint, text)
  const metadata = { signature, 'signature-algorithm': ALGORITHM }
  await write(outlet, object, Buffer.from(json), metadata)
  state.digested(chain, end, { object, hash: sha256, signature })
}
