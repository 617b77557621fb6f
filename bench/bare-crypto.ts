import { constants, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto'

/** What Trent's signatures are compared with: `node:crypto` in a loop of its own, without service, network and trail. */
export type Bare = { sign(): void; verify(): void }

type Options = { readonly padding?: number; readonly saltLength?: number }

/** Milliseconds for which one function is repeated, and before that to warm it up. */
const REPEATED_MS = 400
const WARM_UP_MS = 100

/** Key pairs by key spec. */
const PAIRS = {
  RSA_2048: () => generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  RSA_3072: () => generateKeyPairSync('rsa', { modulusLength: 3_072 }),
  RSA_4096: () => generateKeyPairSync('rsa', { modulusLength: 4_096 }),
  ECC_NIST_P256: () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  ECC_NIST_P384: () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
  ECC_NIST_P521: () => generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
  ECC_SECG_P256K1: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  ECC_NIST_EDWARDS25519: () => generateKeyPairSync('ed25519'),
  ML_DSA_44: () => generateKeyPairSync('ml-dsa-44'),
  ML_DSA_65: () => generateKeyPairSync('ml-dsa-65'),
  ML_DSA_87: () => generateKeyPairSync('ml-dsa-87'),
} as const
export type SignerSpec = keyof typeof PAIRS

/** Algorithms that hash the message themselves have no hash to name. */
function hashOf(algorithm: string): string | null {
  const bits = /^(?:RSASSA|ECDSA)_.*SHA_(\d+)$/.exec(algorithm)?.[1]
  return bits === undefined ? null : `sha${bits}`
}

export function openBare(keySpec: SignerSpec, algorithm: string): Bare {
  const { publicKey, privateKey } = PAIRS[keySpec]()
  const hash = hashOf(algorithm)
  const message = randomBytes(32)
  const isPss = algorithm.startsWith('RSASSA_PSS')
  const options: Options = isPss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {}
  const made = sign(hash, message, { key: privateKey, ...options })
  const check = (key: KeyObject) => verify(hash, message, { key, ...options }, made)
  if (!check(publicKey)) throw new Error(`${algorithm} does not verify`)
  return { sign: () => void sign(hash, message, { key: privateKey, ...options }), verify: () => void check(publicKey) }
}

/** Times per second that a function runs in this thread. */
export function ratePerCore(run: () => void): number {
  repeat(run, WARM_UP_MS)
  const started = performance.now()
  const times = repeat(run, REPEATED_MS)
  return (times / (performance.now() - started)) * 1_000
}

function repeat(run: () => void, forMs: number): number {
  const started = performance.now()
  let times = 0
  for (; performance.now() - started < forMs; times += 1) run()
  return times
}
