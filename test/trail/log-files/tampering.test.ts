import assert from 'node:assert/strict'
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { after, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { bucketOf, expectedOf, isDigest, isLog } from './bucket.ts'
import { BUCKET, someHours, temporary } from './delivered.ts'
import { type Bucket, validate } from './validator.ts'

const ROUNDS = 10_000

const [data, logs] = [await temporary(), await temporary()]
after(() => Promise.all([data, logs].map((path) => rm(path, { recursive: true, force: true }))))
const keys = await someHours(data, logs)
const whole = bucketOf(logs, BUCKET)
const expected = expectedOf(whole)
const digests = [...whole.objects.keys()].filter(isDigest)
const logFiles = [...whole.objects.keys()].filter(isLog)

test('what was delivered validates', () => {
  const { problems, digests: count } = validate(whole, keys, expected)
  assert.deepEqual(problems, [])
  assert.equal(count, digests.length)
  assert.ok(digests.length >= 6 && logFiles.length >= 4, `${digests.length} digests, ${logFiles.length} log files`)
})

/** Numbers that are the same in every run: a tampering that is not found can be found again. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Pick = (below: number) => number
/** @returns nothing when there was nothing to change. */
type Tampering = (pick: Pick) => Bucket | undefined

const any = <T>(pick: Pick, values: readonly T[]): T => {
  const value = values[pick(values.length)]
  if (value === undefined) throw new Error('nothing to pick from')
  return value
}
const unpack = (key: string) => gunzipSync(whole.objects.get(key) ?? Buffer.alloc(0))
const withObject = (key: string, content: Uint8Array): Bucket => ({
  ...whole,
  objects: new Map([...whole.objects, [key, gzipSync(content)]]),
})
const withMetadata = (key: string, text: string): Bucket => ({
  ...whole,
  metadata: new Map([...whole.metadata, [key, text]]),
})
const textOfMetadata = (key: string) => whole.metadata.get(key) ?? ''
const everything = [...whole.objects.keys()]

function flipped(bytes: Buffer, pick: Pick): Buffer {
  const changed = Buffer.from(bytes)
  const at = pick(changed.length)
  changed[at] = (changed[at] ?? 0) ^ (1 << pick(8))
  return changed
}

const flip: Tampering = (pick) => {
  const key = any(pick, everything)
  return withObject(key, flipped(unpack(key), pick))
}
/** Whether the compressed bytes are changed in what they say or in what nobody reads, such as the time in gzip's header. */
const flipCompressed: Tampering = (pick) => {
  const key = any(pick, everything)
  const packed = flipped(whole.objects.get(key) ?? Buffer.alloc(0), pick)
  try {
    if (gunzipSync(packed).equals(unpack(key))) return undefined
  } catch {
    // It cannot be read any more, which must be found.
  }
  return { ...whole, objects: new Map([...whole.objects, [key, packed]]) }
}
const flipSignature: Tampering = (pick) => {
  const key = any(pick, digests)
  const text = textOfMetadata(key).trimEnd()
  return withMetadata(key, flipped(Buffer.from(text), pick).toString('utf8'))
}
const cut: Tampering = (pick) => {
  const key = any(pick, everything)
  const content = unpack(key)
  return withObject(key, content.subarray(0, pick(content.length)))
}
const cutCompressed: Tampering = (pick) => {
  const key = any(pick, everything)
  const packed = whole.objects.get(key) ?? Buffer.alloc(0)
  return { ...whole, objects: new Map([...whole.objects, [key, packed.subarray(0, pick(packed.length))]]) }
}
const swap: Tampering = (pick) => {
  const [one, other] = [any(pick, everything), any(pick, everything)]
  if (one === other || unpack(one).equals(unpack(other))) return undefined
  const [a, b] = [whole.objects.get(one), whole.objects.get(other)]
  return a && b ? { ...whole, objects: new Map([...whole.objects, [one, b], [other, a]]) } : undefined
}
const swapSignatures: Tampering = (pick) => {
  const [one, other] = [any(pick, digests), any(pick, digests)]
  return one === other ? undefined : withMetadata(one, textOfMetadata(other))
}
const drop: Tampering = (pick) => {
  const gone = any(pick, everything)
  return { ...whole, objects: new Map([...whole.objects].filter(([key]) => key !== gone)) }
}
const dropSignature: Tampering = (pick) => {
  const gone = any(pick, digests)
  return { ...whole, metadata: new Map([...whole.metadata].filter(([key]) => key !== gone)) }
}

function parseLog(key: string): { Records: unknown[] } {
  return JSON.parse(unpack(key).toString('utf8')) as { Records: unknown[] }
}
const withRecords = (key: string, Records: readonly unknown[]) =>
  withObject(key, Buffer.from(JSON.stringify({ Records })))

const reorder: Tampering = (pick) => {
  const key = any(pick, logFiles)
  const { Records } = parseLog(key)
  const [from, to] = [pick(Records.length), pick(Records.length)]
  if (from === to) return undefined
  const [moved] = Records.splice(from, 1)
  Records.splice(to, 0, moved)
  return withRecords(key, Records)
}
const dropRecord: Tampering = (pick) => {
  const key = any(pick, logFiles)
  const { Records } = parseLog(key)
  Records.splice(pick(Records.length), 1)
  return withRecords(key, Records)
}
const repeatRecord: Tampering = (pick) => {
  const key = any(pick, logFiles)
  const { Records } = parseLog(key)
  return withRecords(key, [...Records, any(pick, Records)])
}
/** A log file that nobody delivered, under a name that could be one. */
const addLog: Tampering = (pick) => {
  const key = any(pick, logFiles)
  const name = key.replace(/_[0-9a-z]{16}\.json/, `_${String(pick(1e9)).padStart(16, 'a')}.json`)
  return withObject(name, unpack(key))
}

const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const strangerPublic = createPublicKey(stranger).export({ format: 'der', type: 'pkcs1' })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** A digest made by somebody who knows everything but the key: `change` says what it shall say. */
function forged(key: string, change: (digest: Record<string, unknown>) => void): Bucket {
  const digest = parseDigest(unpack(key))
  change(digest)
  const content = Buffer.from(JSON.stringify(digest))
  const previous = digest.previousDigestSignature ?? 'null'
  const text = `${digest.digestEndTime}\n${digest.digestS3Bucket}/${digest.digestS3Object}\n${sha256(content)}\n${previous}`
  const signature = sign('sha256', Buffer.from(text), stranger).toString('hex')
  const objects = new Map([...whole.objects, [String(digest.digestS3Object), gzipSync(content)]])
  const metadata = new Map([
    ...whole.metadata,
    [String(digest.digestS3Object), JSON.stringify({ signature, 'signature-algorithm': 'SHA256withRSA' })],
  ])
  return { ...whole, objects, metadata }
}
function parseDigest(bytes: Buffer): Record<string, unknown> {
  return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
}

const forgeFiles: Tampering = (pick) =>
  forged(any(pick, digests), (digest) => {
    digest.logFiles = []
  })
const forgeFingerprint: Tampering = (pick) =>
  forged(any(pick, digests), (digest) => {
    digest.digestPublicKeyFingerprint = createHash('md5').update(strangerPublic).digest('hex')
  })
/** The history before a digest is disowned. */
const forgeBeginning: Tampering = (pick) =>
  forged(any(pick, digests), (digest) => {
    for (const name of ['S3Bucket', 'S3Object', 'HashValue', 'HashAlgorithm', 'Signature'])
      digest[`previousDigest${name}`] = null
  })
/** A newer digest is put on top, which says that nothing happened. */
const forgeNewest: Tampering = (pick) =>
  forged(any(pick, digests), (digest) => {
    digest.digestEndTime = '2099-01-01T00:00:00Z'
    digest.digestS3Object = String(digest.digestS3Object).replace(/\d{8}T\d{6}Z/, '20990101T000000Z')
    digest.logFiles = []
  })

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  flip,
  flipCompressed,
  flipSignature,
  cut,
  cutCompressed,
  swap,
  swapSignatures,
  drop,
  dropSignature,
  reorder,
  dropRecord,
  repeatRecord,
  addLog,
  forgeFiles,
  forgeFingerprint,
  forgeBeginning,
  forgeNewest,
}

test(`${ROUNDS} tamperings of every kind are found, each of them`, () => {
  const pick = numbers(20_261_122)
  const names = Object.keys(TAMPERINGS)
  const found = new Map<string, number>()
  for (let round = 0; round < ROUNDS; ) {
    const name = any(pick, names)
    const tampered = TAMPERINGS[name]?.(pick)
    if (!tampered) continue
    round += 1
    const { problems } = validate(tampered, keys, expected)
    assert.notDeepEqual(problems, [], `round ${round}: ${name} was not found`)
    found.set(name, (found.get(name) ?? 0) + 1)
  }
  assert.deepEqual([...found.keys()].sort(), names.toSorted())
})
