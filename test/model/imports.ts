import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { wrapFor } from '../support/import.ts'
import { expects, isAbout, learn, type Refusal, refused } from './expectation.ts'
import {
  currentMaterial,
  isReplica,
  isSymmetric,
  keysOf,
  lose,
  type Material,
  type ModelKey,
  pendingMaterial,
  settleMaterial,
  type World,
} from './state.ts'
import { chosen, chosenKey, nameOf, nth, often, seldom, step } from './step.ts'

const DAY_MS = 86_400_000
const WRAPPING = 'RSAES_OAEP_SHA_256'

/** The bytes that owners have, by their number: plain ones, and private keys. */
const BYTES = [1, 2, 3].map((byte) => Buffer.alloc(32, byte))
const PRIVATE_KEYS = [1, 2, 3].map(() =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' }),
)
const imported = ({ family }: ModelKey): boolean => family.origin === 'EXTERNAL'

/** Where its material comes from is told before the state of a key. */
function refusedImport(key: ModelKey, operation: string): Refusal | undefined {
  if (key.isGone || key.family.origin === 'EXTERNAL') return refused(key, operation)
  return ['UnsupportedOperationException', `${key.arn} origin is AWS_KMS which is not valid for this operation.`]
}

async function prepare(world: World, key: ModelKey, pick = 0): Promise<void> {
  const input = { KeyId: nameOf(key, pick), WrappingAlgorithm: WRAPPING, WrappingKeySpec: 'RSA_2048' }
  const answer = await expects(
    world,
    'GetParametersForImport',
    input,
    key,
    refusedImport(key, 'GetParametersForImport'),
  )
  if (!answer) return
  const validTo = isAbout(answer.ParametersValidTo, world.server.now() + DAY_MS, 'ParametersValidTo')
  key.parameters = { token: answer.ImportToken, publicKey: answer.PublicKey, validTo }
}

export const preparesImport = step('getParametersForImport', nth, async (world, pick) => {
  const key = chosenKey(world, pick)
  // Key pairs to wrap with take long to make: one for each key is enough.
  if (key && !(key.parameters && !refusedImport(key, 'GetParametersForImport'))) await prepare(world, key, pick)
})

type Import = {
  readonly key: number
  readonly source: number
  readonly aims: boolean
  readonly type: 'NEW_KEY_MATERIAL' | 'EXISTING_KEY_MATERIAL' | undefined
  readonly days: number | undefined
  readonly foreign: boolean
  readonly stale: boolean
}

export const importsMaterial = step<Import>(
  'importKeyMaterial',
  fc.record({
    key: nth,
    source: fc.constantFrom(0, 0, 0, 1, 1, 2),
    type: fc.constantFrom(undefined, 'NEW_KEY_MATERIAL' as const, 'EXISTING_KEY_MATERIAL' as const),
    days: fc.constantFrom(undefined, undefined, undefined, undefined, 5, 60, 60, 365, 366, -1),
    aims: often,
    foreign: seldom,
    stale: seldom,
  }),
  async (world, picked) => {
    const key = chosenKey(world, picked.key, imported)
    if (!key) return
    const isStale = key.parameters !== undefined && key.parameters.validTo <= world.server.now()
    if (!key.parameters || (isStale && !picked.stale)) await prepare(world, key)
    await bring(world, key, picked.aims ? { ...picked, ...aimed(key, picked) } : picked)
  },
)

/** What the key can take: what it lacks, or else new material. */
function aimed({ family, present }: ModelKey, { source, key }: Import): Pick<Import, 'source' | 'type'> {
  const lacking = chosen(
    family.materials.filter((material) => !present.has(material)),
    key,
  )
  if (lacking?.source !== undefined) return { source: lacking.source, type: undefined }
  const unknown = [0, 1, 2].filter((each) => !family.materials.some((material) => material.source === each))
  const isFirst = family.materials.length === 0 || !isSymmetric(family)
  return { source: chosen(unknown, key) ?? source, type: isFirst ? undefined : 'NEW_KEY_MATERIAL' }
}

async function bring(world: World, key: ModelKey, { key: pick, source, type, days, foreign }: Import): Promise<void> {
  const others = world.keys.filter((other) => other.parameters && other.family !== key.family)
  const parameters = foreign ? (chosen(others, pick) ?? key).parameters : key.parameters
  const isForeign = parameters !== undefined && parameters !== key.parameters
  const bytes = (key.family.spec === 'ECC_NIST_P256' ? PRIVATE_KEYS : BYTES)[source] ?? assert.fail()
  const wrapped = parameters ? wrapFor(Buffer.from(parameters.publicKey, 'base64'), WRAPPING, bytes) : Buffer.alloc(256)
  const validTo = days === undefined ? undefined : Math.floor((world.server.now() + days * DAY_MS) / 1000) * 1000
  const input = {
    KeyId: nameOf(key, pick),
    ImportToken: parameters?.token ?? 'AAAA',
    EncryptedKeyMaterial: wrapped.toString('base64'),
    ...(validTo === undefined ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } : { ValidTo: validTo / 1000 }),
    ...(type ? { ImportType: type } : {}),
  }
  const token: Refusal | undefined =
    parameters === undefined || isForeign
      ? ['InvalidImportTokenException']
      : parameters.validTo <= world.server.now()
        ? ['ExpiredImportTokenException']
        : undefined
  const date: Refusal | undefined = days === 366 || days === -1 ? ['ValidationException'] : undefined
  const refusal =
    refusedImport(key, 'ImportKeyMaterial') ??
    date ??
    refusedType(key, type) ??
    token ??
    refusedMaterial(key, source, type)
  const answer = await expects(world, 'ImportKeyMaterial', input, key, refusal)
  if (answer) brought(world, key, { source, validTo, id: answer.KeyMaterialId })
}

const typeOf = ({ family }: ModelKey, type: Import['type']) =>
  type ?? (family.materials.length === 0 ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL')

function refusedType(key: ModelKey, type: Import['type']): Refusal | undefined {
  if (!isSymmetric(key.family) && type) return ['ValidationException']
  return isReplica(key) && typeOf(key, type) === 'NEW_KEY_MATERIAL' ? ['UnsupportedOperationException'] : undefined
}

function refusedMaterial(key: ModelKey, source: number, type: Import['type']): Refusal | undefined {
  const isKnown = key.family.materials.some((material) => material.source === source)
  const isNew = typeOf(key, type) === 'NEW_KEY_MATERIAL'
  if (isNew === isKnown) return ['IncorrectKeyMaterialException']
  return isNew && pendingMaterial(key.family) ? ['KMSInvalidStateException'] : undefined
}

type Brought = { readonly source: number; readonly validTo: number | undefined; readonly id: string }

function brought(world: World, key: ModelKey, { source, validTo, id }: Brought): void {
  const { family } = key
  const known = family.materials.find((material) => material.source === source)
  const material: Material = known ?? { source, isBound: family.materials.length === 0 }
  if (!known) family.materials.push(material)
  learn(world, material, id)
  key.present.set(material, validTo)
  settleMaterial(key)
}

export const deletesMaterial = step(
  'deleteImportedKeyMaterial',
  fc.record({ key: nth, nth: fc.nat(3), named: fc.boolean() }),
  async (world, picked) => {
    const key = chosenKey(world, picked.key, imported)
    if (!key) return
    const { materials } = key.family
    const material = picked.named ? chosen(materials, picked.nth) : currentMaterial(key.family)
    const input = {
      KeyId: nameOf(key, picked.key),
      ...(picked.named && material ? { KeyMaterialId: material.id } : {}),
    }
    const refusal = refusedImport(key, 'DeleteImportedKeyMaterial')
    const answer = await expects(world, 'DeleteImportedKeyMaterial', input, key, refusal)
    if (!answer) return
    assert.deepEqual([answer.KeyId, answer.KeyMaterialId], [key.arn, material?.id ?? ''])
    if (material && (key.present.has(material) || !material.isBound)) lose(world, key, material)
    for (const each of keysOf(world, key.family)) settleMaterial(each)
  },
)
