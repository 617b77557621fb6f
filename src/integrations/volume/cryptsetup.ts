import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** What cryptsetup answered instead of doing what it was asked to, in one line. */
export type CryptsetupFailure = { readonly kind: 'cryptsetup'; readonly message: string }

/** Bytes of a passphrase: as many as a data key may have that fills two keys of AES-256. */
export const PASSPHRASE_BYTES = 64
/**
 * The passphrase is random and as long as the key that it protects: it needs no function that makes guessing slow, and opening
 * a volume should not take a second.
 */
const QUICK = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000']

/** Runs cryptsetup. Secrets go by way of its standard input alone. */
export function cryptsetup(
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<string | CryptsetupFailure> {
  return new Promise((resolve) => {
    const child = spawn('cryptsetup', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const output = Promise.all([text(child.stdout), text(child.stderr)])
    child.once('error', () => resolve({ kind: 'cryptsetup', message: 'cryptsetup cannot be run; is it installed?' }))
    child.once('close', (code) =>
      output.then(([out, problem]) => resolve(code === 0 ? out : { kind: 'cryptsetup', message: oneLine(problem) })),
    )
    // It may end before it has read all, and says why.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

const oneLine = (lines: string): string => lines.trim().split('\n')[0] || 'cryptsetup failed without a word'

export function isFailure(value: unknown): value is CryptsetupFailure {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'cryptsetup'
}

export async function isLuks(device: string): Promise<boolean> {
  return !isFailure(await cryptsetup(['isLuks', device]))
}

/** Makes a LUKS2 header with one key slot, 0. Whatever was on the device is gone. */
export function format(device: string, uuid: string, passphrase: Uint8Array): Promise<string | CryptsetupFailure> {
  const how = ['--type', 'luks2', '--batch-mode', '--uuid', uuid, ...QUICK, '--key-file', '-']
  return cryptsetup(['luksFormat', ...how, device], passphrase)
}

/** Both passphrases are `PASSPHRASE_BYTES` long. */
export function addKey(
  device: string,
  slot: number,
  by: { readonly old: Uint8Array; readonly new: Uint8Array },
): Promise<string | CryptsetupFailure> {
  const size = String(PASSPHRASE_BYTES)
  const sizes = ['--keyfile-size', size, '--new-keyfile-size', size, '--new-key-slot', String(slot)]
  const input = Buffer.concat([by.old, by.new])
  return cryptsetup(['luksAddKey', '--key-file', '-', ...sizes, ...QUICK, device, '-'], input)
}

/** Whether the passphrase opens that key slot. */
export async function opens(device: string, slot: number, passphrase: Uint8Array): Promise<boolean> {
  const args = ['open', '--test-passphrase', '--key-file', '-', '--key-slot', String(slot), device]
  return !isFailure(await cryptsetup(args, passphrase))
}

export function killSlot(device: string, slot: number, passphrase: Uint8Array): Promise<string | CryptsetupFailure> {
  return cryptsetup(['luksKillSlot', '--batch-mode', '--key-file', '-', device, String(slot)], passphrase)
}

/** @param token - JSON. */
export function importToken(device: string, token: string): Promise<string | CryptsetupFailure> {
  return cryptsetup(['token', 'import', device], Buffer.from(token))
}

export function removeToken(device: string, id: number): Promise<string | CryptsetupFailure> {
  return cryptsetup(['token', 'remove', '--token-id', String(id), device])
}

/** The header's metadata as JSON. */
export function metadata(device: string): Promise<string | CryptsetupFailure> {
  return cryptsetup(['luksDump', '--dump-json-metadata', device])
}
