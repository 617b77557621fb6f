import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Something that must not be found, under the name that a failing test shows. */
export type Secret = { readonly name: string; readonly bytes: Buffer }

/** Where a secret was found, and in which form. */
export type Finding = string

/** Bytes read from memory at once. */
const CHUNK_BYTES = 4_194_304
/** Bytes of the longest form that is looked for; chunks overlap by so many. */
const FORM_MAX_BYTES = 512
/** Bytes of mapped memory above which a mapping is only a reservation of addresses. */
const MAPPING_MAX_BYTES = 2_147_483_648

/**
 * Base64 of the secret inside of longer bytes: for each of the three ways in which groups of three can fall, the characters
 * that depend on the secret alone.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const whole = bytes.subarray((3 - before) % 3)
    return whole.subarray(0, whole.length - (whole.length % 3)).toString('base64')
  })
}

/** The ways in which bytes are written, each with its name. */
function formsOf({ bytes }: Secret): ReadonlyArray<readonly [form: string, bytes: Buffer]> {
  const hex = bytes.toString('hex')
  const base64 = base64Forms(bytes)
  return [
    ['raw', bytes],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
    ['UTF-16 hex', Buffer.from(hex, 'utf16le')],
    ...base64.map((text, i) => [`base64 at ${i}`, Buffer.from(text)] as const),
    ...base64.map((text, i) => [`UTF-16 base64 at ${i}`, Buffer.from(text, 'utf16le')] as const),
    ...base64.map(
      (text, i) => [`base64url at ${i}`, Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_'))] as const,
    ),
    ['listed bytes', Buffer.from([...bytes].join(','))],
  ]
}

/** Looks for secrets in any bytes. */
export type Search = {
  in(place: string, bytes: Buffer): void
  readonly findings: ReadonlySet<Finding>
}

export function openSearch(secrets: readonly Secret[]): Search {
  const wanted = secrets.flatMap((secret) =>
    formsOf(secret).map(([form, bytes]) => ({ name: secret.name, form, bytes })),
  )
  const findings = new Set<Finding>()
  return {
    findings,
    in(place, bytes) {
      for (const { name, form, bytes: text } of wanted)
        if (bytes.includes(text)) findings.add(`${name} (${form}) in ${place}`)
    },
  }
}

/** Every file below a directory but those of these names; archives are looked into as well. */
export function searchFiles(search: Search, directory: string, except: readonly string[]): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name)
    if (except.includes(name) || !statSync(path).isFile()) continue
    const bytes = readFileSync(path)
    search.in(name, bytes)
    if (name.endsWith('.gz')) search.in(`${name}, unpacked`, gunzipSync(bytes))
  }
}

type Mapping = { readonly from: number; readonly to: number; readonly name: string }

/** Memory that a process can write: everything that is its own. Source: proc_pid_maps(5). */
function writableMappings(pid: number): readonly Mapping[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')
  return lines.flatMap((line) => {
    const [, from = '', to = '', name = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw\S+ \S+ \S+ \S+\s*(.*)$/.exec(line) ?? []
    return from === ''
      ? []
      : [{ from: Number.parseInt(from, 16), to: Number.parseInt(to, 16), name: name || 'anonymous memory' }]
  })
}

/**
 * The whole memory of a child process, as a core dump would hold it. Linux only.
 *
 * @returns bytes looked at.
 */
export function searchMemory(search: Search, pid: number): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let total = 0
  try {
    for (const { from, to, name } of writableMappings(pid)) {
      if (to - from > MAPPING_MAX_BYTES) continue
      for (let at = from; at < to; at += CHUNK_BYTES - FORM_MAX_BYTES) {
        const bytes = readAt(memory, chunk, at, Math.min(CHUNK_BYTES, to - at))
        total += bytes
        search.in(name, chunk.subarray(0, bytes))
      }
    }
  } finally {
    closeSync(memory)
  }
  return total
}

/** Pages that cannot be read, such as those of a device, hold nothing of the process's own. */
function readAt(fd: number, chunk: Buffer, position: number, length: number): number {
  try {
    return readSync(fd, chunk, 0, length, position)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EIO') return 0
    throw cause
  }
}
