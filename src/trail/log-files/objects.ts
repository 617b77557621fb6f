import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { syncDirectory } from '../segment-file.ts'
import { type BucketAccess, type BucketObject, putObject } from './bucket.ts'
import type { Outlet } from './state.ts'

const compressed = promisify(gzip)

/** Files are for the service to write and for its group to read and carry on. */
const FILE_MODE = 0o640
const DIRECTORY_MODE = 0o750
/** What an object is called until it is whole. */
const UNFINISHED = '.tmp'

/** What stands beside an object that has metadata: a directory has no other place for it. */
export const METADATA = '.metadata.json'

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(`${path}${UNFINISHED}`, 'w', FILE_MODE)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}${UNFINISHED}`, path)
}

/** Makes a directory below `root`, its name durable, and those between. */
async function makeBelow(root: string, path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: DIRECTORY_MODE })
  if (made === undefined) return
  for (let at = path; at.length >= dirname(made).length; at = dirname(at)) {
    await syncDirectory(at)
    if (at === root || at === dirname(at)) break
  }
}

/** The metadata is written first, so that no object lacks it. */
async function writeFileOf(directory: string, { key, bytes, metadata }: BucketObject): Promise<void> {
  const path = join(directory, key)
  await makeBelow(directory, dirname(path))
  if (metadata) await writeWhole(`${path}${METADATA}`, Buffer.from(`${JSON.stringify(metadata)}\n`))
  await writeWhole(path, bytes)
  await syncDirectory(dirname(path))
}

/**
 * Writes an object, compressed: whole and durable when it returns, and over one of that name. Throws what the system or the
 * bucket's server answers.
 */
export type WriteObject = (
  outlet: Outlet,
  key: string,
  content: Uint8Array,
  metadata?: Readonly<Record<string, string>>,
) => Promise<void>

/** @param access - to buckets; without one, outlets are directories. */
export function objectWriter(access: BucketAccess | undefined): WriteObject {
  return async (outlet, key, content, metadata) => {
    const object = { key, bytes: await compressed(content), metadata }
    if (!isServer(outlet)) return writeFileOf(outlet.directory, object)
    if (!access) throw new Error(`log files for the bucket ${outlet.bucket} wait for its credentials`)
    return putObject(outlet, object, access)
  }
}

const isServer = ({ directory }: Outlet) => /^https?:\/\//.test(directory)
