import { readFileSync } from 'node:fs'
import { error, type ServiceError } from './domain/error.ts'
import { ATTESTATION_ROOTS_MAX } from './domain/limits.ts'

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

const refused = (message: string, cause?: unknown) => error('KMSInternalException', message, cause)

/**
 * The certificates that chains of attestation documents must begin with, base64 of DER, from PEM files.
 *
 * @returns one line for a person when a file cannot be read or holds none.
 */
export function readAttestationRoots(paths: readonly string[]): readonly string[] | ServiceError {
  const roots: string[] = []
  for (const path of paths) {
    const found = certificatesIn(path)
    if (!Array.isArray(found)) return found
    roots.push(...found)
  }
  return roots.length > ATTESTATION_ROOTS_MAX
    ? refused(`there are more than ${ATTESTATION_ROOTS_MAX} attestation roots`)
    : roots
}

function certificatesIn(path: string): readonly string[] | ServiceError {
  try {
    const found = [...readFileSync(path, 'latin1').matchAll(PEM)].map(([, base64 = '']) => base64.replaceAll(/\s/g, ''))
    return found.length > 0 ? found : refused(`${path} holds no certificate`)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return refused(`${path} cannot be read: ${cause.code}`, cause)
    throw cause
  }
}
