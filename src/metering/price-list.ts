/**
 * What AWS charges for KMS, in US dollars.
 *
 * Source: https://aws.amazon.com/kms/pricing (us-east-1; most Regions have the same prices).
 */

/** Money without rounding: so many of these are a dollar. A dollar for a month is divided by the hours of any month. */
export type Amount = bigint

/** The least number that 672, 696, 720 and 744 divide: the hours of months. */
const HOURS_OF_MONTHS = 9_061_920n
const MICRO_DOLLAR: Amount = HOURS_OF_MONTHS
export const DOLLAR: Amount = 1_000_000n * MICRO_DOLLAR

/** Requests by what they cost. `unbilled`: refused before they were served, or for a failure of the service's own. */
export type PriceClass = keyof typeof REQUEST_PRICES

/** Of one request; AWS's list is for 10,000 of them. */
export const REQUEST_PRICES = {
  /** Symmetric and HMAC keys, data keys, random bytes, and everything about keys but their use. $0.03. */
  standard: { price: 3n * MICRO_DOLLAR, isInFreeTier: true },
  /** Use of RSA_2048 keys. $0.03. */
  rsa2048: { price: 3n * MICRO_DOLLAR, isInFreeTier: false },
  /** Use of all other key pairs. $0.15. */
  asymmetric: { price: 15n * MICRO_DOLLAR, isInFreeTier: false },
  /** Data key pairs on elliptic curves. $0.10. */
  eccPair: { price: 10n * MICRO_DOLLAR, isInFreeTier: false },
  /** RSA data key pairs. $12.00. */
  rsaPair: { price: 1_200n * MICRO_DOLLAR, isInFreeTier: false },
  unbilled: { price: 0n, isInFreeTier: false },
} as const satisfies Record<string, { readonly price: Amount; readonly isInFreeTier: boolean }>

/** A customer managed key, and each of its first two rotations, for a month of so many hours; they are charged by the hour. */
export function keyHourPrice(hoursInMonth: number): Amount {
  return DOLLAR / BigInt(hoursInMonth)
}

/** Rotations of one key that are charged. */
export const CHARGED_ROTATIONS_MAX = 2

/** Requests of an account in a calendar month, over all Regions, that are free. */
export const FREE_REQUESTS_PER_MONTH = 20_000

/** Operations whose price is that of the key pair that they use. */
const KEY_PAIR_USES: ReadonlySet<string> = new Set([
  'Decrypt',
  'DeriveSharedSecret',
  'Encrypt',
  'GetPublicKey',
  'ReEncrypt',
  'Sign',
  'Verify',
])
/** Those of them that symmetric keys do not have. */
const KEY_PAIR_ONLY: ReadonlySet<string> = new Set(['DeriveSharedSecret', 'GetPublicKey', 'Sign', 'Verify'])
const PAIR_OPERATIONS: ReadonlySet<string> = new Set(['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'])

/**
 * Errors of requests that AWS does not charge for: they were not allowed, came too fast, or failed for the service's own
 * reasons. AWS says so of none of them; that the others count is how "requests" are read.
 */
const UNBILLED_OUTCOMES: ReadonlySet<string> = new Set([
  'AccessDenied',
  'DependencyTimeoutException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'KMSInternalException',
  'MissingAuthenticationTokenException',
  'ServiceUnavailableException',
  'ThrottlingException',
  'UnknownOperationException',
  'UnrecognizedClientException',
])

function classOfSpec(spec: string): PriceClass {
  if (spec === 'SYMMETRIC_DEFAULT' || spec.startsWith('HMAC_')) return 'standard'
  return spec === 'RSA_2048' ? 'rsa2048' : 'asymmetric'
}

/** Of two that cost the same, what is in no free tier is the dearer. */
function dearer(one: PriceClass, other: PriceClass): PriceClass {
  const [first, second] = [REQUEST_PRICES[one], REQUEST_PRICES[other]]
  const isMore = second.price > first.price || (second.price === first.price && !second.isInFreeTier)
  return isMore ? other : one
}

/** One request as far as its price hangs on it. */
export type PricedRequest = {
  readonly operation: string
  /** Spec of the data key pair that was made; else specs of the keys, with spaces between them; empty when not known. */
  readonly variant: string
  /** Code of the error, empty without one. */
  readonly outcome: string
}

/** @returns the class of a request; ReEncrypt's is that of the dearer of its keys. */
export function priceClassOf({ operation, variant, outcome }: PricedRequest): PriceClass {
  if (UNBILLED_OUTCOMES.has(outcome)) return 'unbilled'
  if (PAIR_OPERATIONS.has(operation)) return variant.startsWith('RSA_') ? 'rsaPair' : 'eccPair'
  if (!KEY_PAIR_USES.has(operation)) return 'standard'
  const specs = variant.split(' ').filter((spec) => spec !== '')
  if (specs.length > 0) return specs.map(classOfSpec).reduce(dearer)
  // A call that failed before its key was found.
  return KEY_PAIR_ONLY.has(operation) && outcome === '' ? 'asymmetric' : 'standard'
}

/**
 * An amount as dollars with so many decimals, half a unit rounded up.
 *
 * @param decimals - 0 to 12.
 */
export function dollars(amount: Amount, decimals: number): string {
  const scale = 10n ** BigInt(decimals)
  const isNegative = amount < 0n
  const rounded = ((isNegative ? -amount : amount) * scale * 2n + DOLLAR) / (2n * DOLLAR)
  const digits = String(rounded).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`
  return isNegative && rounded > 0n ? `-${text}` : text
}
