import type { TrentHolder } from './server.ts'

/** The model: what a plain reading of the contract says that there is. Nothing in it is taken from the implementation. */

export const REGIONS = ['us-east-1', 'eu-west-1', 'ap-south-1'] as const
export type Region = (typeof REGIONS)[number]

export type KeySpec = keyof typeof SPECS
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT'

const rsa = { class: 'asymmetric' } as const
const hmac = { class: 'hmac' } as const
const pair = { class: 'asymmetric' } as const
/** The specs that sequences use, with the class that aliases compare. */
export const SPECS = {
  SYMMETRIC_DEFAULT: { class: 'symmetric' },
  HMAC_224: hmac,
  HMAC_256: hmac,
  HMAC_384: hmac,
  HMAC_512: hmac,
  ECC_NIST_P256: pair,
  ECC_NIST_P384: pair,
  ECC_NIST_P521: pair,
  ECC_SECG_P256K1: pair,
  ECC_NIST_EDWARDS25519: pair,
  ML_DSA_44: pair,
  ML_DSA_65: pair,
  ML_DSA_87: pair,
  RSA_2048: rsa,
} as const

/** Key material. `id` is learnt from the first answer that tells it, and holds from then on. */
export type Material = {
  id?: string
  /** Of imported material: which of the bytes that owners have. */
  readonly source?: number
  /** Whether the key can never be without it; new material of an imported key waits for its rotation first. */
  isBound: boolean
  rotation?: { readonly type: 'AUTOMATIC' | 'ON_DEMAND'; readonly date: number }
}

/** What related keys share; a single-Region key has a family of its own. Dates are milliseconds since the epoch. */
export type Family = {
  readonly keyId: string
  readonly spec: KeySpec
  readonly usage: KeyUsage
  readonly origin: 'AWS_KMS' | 'EXTERNAL'
  readonly isMultiRegion: boolean
  primary: Region
  replicas: Region[]
  /** In the order in which they came; the last that is bound is the current one. */
  materials: Material[]
  schedule?: { readonly periodDays: number; next: number }
  onDemandCount: number
  publicKey?: string
}

export type State =
  | { readonly name: 'Enabled' | 'Disabled' | 'PendingImport' }
  | { readonly name: 'PendingDeletion'; deletionDate: number }
  | { readonly name: 'PendingReplicaDeletion'; readonly days: number }

export type PolicyName = 'default' | 'open' | 'noEncrypt' | 'noTags'

export type ModelKey = {
  readonly family: Family
  readonly region: Region
  readonly arn: string
  state: State
  isGone: boolean
  description: string
  tags: Map<string, string>
  policy: PolicyName
  readonly createdAt: number
  lastUse?: { readonly operation: string; readonly at: number }
  /** Imported material that is here, with the date on which it is destroyed. */
  readonly present: Map<Material, number | undefined>
  grants: ModelGrant[]
  parameters?: { readonly token: string; readonly publicKey: string; readonly validTo: number }
}

export type ModelGrant = {
  readonly GrantId: string
  readonly GrantToken: string
  readonly madeAt: number
  readonly operations: readonly string[]
  readonly key: ModelKey
  readonly isRetirable: boolean
  isOver: boolean
}

export type ModelAlias = { readonly name: string; readonly region: Region; key: ModelKey; made: number; moved: number }

export type Ciphertext = {
  readonly blob: string
  readonly family: Family
  readonly material: Material | undefined
  readonly algorithm: string
  readonly context: Context
  /** Learnt from the first decryption when its maker was not told. */
  plaintext?: string
  readonly bytes?: number
}
export type Context = { readonly [name: string]: string }

export type Signature = {
  readonly family: Family
  readonly algorithm: string
  readonly message: string
  readonly value: string
}

export type KeyStore = { readonly id: string; name: string; isGone: boolean }

/** One account's history. */
export type World = {
  readonly server: TrentHolder
  readonly account: string
  readonly guest: string
  keys: ModelKey[]
  aliases: ModelAlias[]
  readonly ciphertexts: Ciphertext[]
  readonly signatures: Signature[]
  readonly macs: Signature[]
  readonly stores: KeyStore[]
}

export const isSymmetric = ({ spec }: Family): boolean => spec === 'SYMMETRIC_DEFAULT'

export const currentMaterial = ({ materials }: Family): Material | undefined =>
  materials.findLast(({ isBound }) => isBound)

export const pendingMaterial = ({ materials }: Family): Material | undefined =>
  materials.find(({ isBound }) => !isBound)

/** Whether an imported key has everything that it is bound to. */
export function isComplete({ family, present }: ModelKey): boolean {
  if (family.origin === 'AWS_KMS') return true
  const bound = family.materials.filter(({ isBound }) => isBound)
  return bound.length > 0 && bound.every((material) => present.has(material))
}

export const isReplica = ({ family, region }: ModelKey): boolean => family.isMultiRegion && family.primary !== region

export const living = ({ keys }: World): ModelKey[] => keys.filter(({ isGone }) => !isGone)

export const keysOf = (world: World, family: Family): ModelKey[] => living(world).filter((key) => key.family === family)

export const keyIn = (world: World, family: Family, region: Region): ModelKey | undefined =>
  keysOf(world, family).find((key) => key.region === region)

/** A key loses what it can lose: its state says so unless it is on its way out. */
export function settleMaterial(key: ModelKey): void {
  if (key.family.origin === 'AWS_KMS') return
  const { name } = key.state
  if (name === 'PendingImport' && isComplete(key)) key.state = { name: 'Enabled' }
  else if ((name === 'Enabled' || name === 'Disabled') && !isComplete(key)) key.state = { name: 'PendingImport' }
}

/** Imported material is destroyed: what a primary only waited with is forgotten everywhere. */
export function lose(world: World, key: ModelKey, material: Material): void {
  const { family } = key
  key.present.delete(material)
  if (!material.isBound && !isReplica(key)) {
    family.materials = family.materials.filter((other) => other !== material)
    for (const other of keysOf(world, family)) other.present.delete(material)
  }
  for (const other of keysOf(world, family)) settleMaterial(other)
}
