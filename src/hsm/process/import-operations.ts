import { isWrappingAlgorithm, isWrappingKeySpec } from '../../domain/wrapping.ts'
import type { Op } from '../wire.ts'
import { beside } from './beside.ts'
import type { Answer, Boundary, Operation } from './boundary.ts'
import { readBrought } from './brought-material.ts'
import { openToken, sealToken, type TokenScope } from './import-token.ts'
import { privateKeyBytes } from './key-pair.ts'
import { readUnnamed, wrapMaterial } from './material.ts'
import { unwrapMaterial } from './unwrapping.ts'

/** Bytes of a time: u64be milliseconds since the epoch. */
const TIME_BYTES = 8

/** Any RSA key spec: they are proven together, whatever the length of their modulus. */
const WRAPPING_KEYS = 'RSA_2048'

/** A new wrapping key pair: its public half, and the private half sealed for the key that it may bring material to. */
async function createParameters(boundary: Boundary, fields: readonly Buffer[]): Promise<Answer> {
  const [account, region, keyId, algorithmName, specName, validTo] = fields.map((field) => Buffer.from(field))
  if (!account || !region || !keyId || validTo?.length !== TIME_BYTES) return 'refused'
  const algorithm = String(algorithmName)
  const keySpec = String(specName)
  if (!isWrappingAlgorithm(algorithm) || !isWrappingKeySpec(keySpec)) return 'refused'
  // Before the key pair is made, which may take seconds, and not after.
  const domainKey = boundary.domainKeys.forWrapping(region.toString('latin1'), Date.now())
  if (!domainKey) return 'needsDomainKey'
  const pair = await boundary.newKeyPair(keySpec)
  if (pair === 'overloaded') return pair
  const scope: TokenScope = { account, region, keyId }
  const token = { wrapping: { algorithm, keySpec }, validTo, pkcs8: privateKeyBytes(pair) }
  return [sealToken(domainKey, scope, token), pair.spki]
}

type Brought = { readonly token: Buffer; readonly now: Buffer; readonly wrapped: Buffer }

/** Unwraps, checks and wraps anew: the material is in the clear only here. */
async function takeMaterial(
  boundary: Boundary,
  unnamed: NonNullable<ReturnType<typeof readUnnamed>>,
  { token, now, wrapped }: Brought,
): Promise<Answer> {
  const opened = openToken(boundary.domainKeys, unnamed, token, now)
  if (typeof opened === 'string') return opened
  const given = await unwrapMaterial(opened, wrapped)
  if (!given) return 'invalidCiphertext'
  const material = await readBrought(unnamed.spec, given)
  const domainKey = boundary.domainKeys.forWrapping(unnamed.region.toString('latin1'), Date.now())
  const materialId = material && boundary.materialIds(unnamed.account, unnamed.keyId, material.identity)
  given.fill(0)
  if (!material || !materialId) return 'incorrectMaterial'
  if (domainKey) return [...wrapMaterial(domainKey, { ...unnamed, materialId }, material.bytes), ...material.publicKey]
  material.bytes.fill(0)
  return 'needsDomainKey'
}

/** How material comes in from outside. */
export const IMPORT_OPERATIONS = {
  createImportParameters: { fields: 6, run: (boundary, ...fields) => createParameters(boundary, fields) },
  importMaterial: {
    fields: 9,
    run(boundary, ...fields) {
      const unnamed = readUnnamed(fields)
      const [token, now, wrapped] = fields.slice(6).map((field) => Buffer.from(field))
      if (unnamed?.origin.toString('latin1') !== 'EXTERNAL' || !token || now?.length !== TIME_BYTES || !wrapped)
        return 'refused'
      return beside(boundary, WRAPPING_KEYS, () => takeMaterial(boundary, unnamed, { token, now, wrapped }))
    },
  },
} as const satisfies Record<Extract<Op, 'createImportParameters' | 'importMaterial'>, Operation>
