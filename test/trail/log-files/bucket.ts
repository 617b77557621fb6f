import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bucket } from './validator.ts'

const METADATA = '.metadata.json'

/** What was delivered to a directory, as the bucket that it says it is. */
export function bucketOf(directory: string, name: string): Bucket {
  const objects = new Map<string, Buffer>()
  const metadata = new Map<string, string>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    // What is being written has another name until it is whole.
    if (!entry.isFile() || entry.name.endsWith('.tmp')) continue
    const path = join(entry.parentPath, entry.name)
    const key = relative(directory, path)
    if (key.endsWith(METADATA)) metadata.set(key.slice(0, -METADATA.length), readFileSync(path, 'utf8'))
    else objects.set(key, readFileSync(path))
  }
  return { name, objects, metadata }
}

export const isLog = (key: string) => key.includes('/CloudTrail/')
export const isDigest = (key: string) => key.includes('/CloudTrail-Digest/')

/** The prefixes of the digests that there are, each with the end of its newest. */
export function expectedOf({ objects }: Bucket): ReadonlyMap<string, number> {
  const ends = new Map<string, number>()
  for (const [key, packed] of objects) {
    if (!isDigest(key)) continue
    const prefix = key.split('/').slice(0, 4).join('/')
    const end = Date.parse(String(parseDigest(packed).digestEndTime))
    ends.set(prefix, Math.max(end, ends.get(prefix) ?? 0))
  }
  return ends
}

export function parseDigest(packed: Buffer): { readonly [member: string]: unknown } {
  return JSON.parse(gunzipSync(packed).toString('utf8')) as { readonly [member: string]: unknown }
}

export type Logged = { readonly eventID: string; readonly eventName: string; readonly awsRegion: string }

function parseRecords(packed: Buffer): readonly Logged[] {
  const { Records } = JSON.parse(gunzipSync(packed).toString('utf8')) as { readonly Records: readonly Logged[] }
  return Records
}

/** All events of all log files. */
export function recordsOf({ objects }: Bucket): readonly Logged[] {
  return [...objects].filter(([key]) => isLog(key)).flatMap(([, packed]) => parseRecords(packed))
}

/** Digests of one Region, oldest first. */
export function digestsOf({ objects }: Bucket, region: string) {
  return [...objects.keys()]
    .filter((key) => key.includes(`/CloudTrail-Digest/${region}/`))
    .sort()
    .map((key) => parseDigest(objects.get(key) ?? Buffer.alloc(0)))
}
