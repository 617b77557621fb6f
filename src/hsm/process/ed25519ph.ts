import { hash } from 'node:crypto'
import { eddsa, edwards } from '@noble/curves/abstract/edwards.js'

/** Source: RFC 8032, 5.1, table 1; `a` and `d` modulo p. */
const CURVE = {
  p: 2n ** 255n - 19n,
  n: 2n ** 252n + 27742317777372353535851937790883648493n,
  h: 8n,
  a: 2n ** 255n - 20n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
  Gx: 0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an,
  Gy: 0x6666666666666666666666666666666666666666666666666666666666666658n,
} as const

const sha512 = (bytes: Uint8Array) => hash('sha512', bytes, 'buffer')

/** Source: RFC 8032, section 2, dom2. */
const DOMAIN = Buffer.from('SigEd25519 no Ed25519 collisions')
const domain = (data: Uint8Array, context: Uint8Array, isHashed: boolean) =>
  Buffer.concat([DOMAIN, Buffer.of(isHashed ? 1 : 0, context.length), context, data])

/** Source: RFC 8032, 5.1.5, step 2. */
function adjustScalarBytes(bytes: Uint8Array): Uint8Array {
  const adjusted = Buffer.from(bytes)
  adjusted.writeUInt8(adjusted.readUInt8(0) & 248, 0)
  adjusted.writeUInt8((adjusted.readUInt8(31) & 127) | 64, 31)
  return adjusted
}

const create = () => eddsa(edwards(CURVE), sha512, { adjustScalarBytes, domain, prehash: sha512, zip215: false })
let scheme: ReturnType<typeof create> | undefined

/**
 * Ed25519ph, which OpenSSL has and Node does not reach. Made of the library's curve at its first use: its ready-made form
 * computes so much ahead that every start of the process would wait for it.
 */
export function ed25519ph(): ReturnType<typeof create> {
  scheme ??= create()
  return scheme
}
