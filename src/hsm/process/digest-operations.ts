import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { isDigestText } from '../../domain/digest-text.ts'
import type { Op, Refusal } from '../wire.ts'
import { beside } from './beside.ts'
import type { Answer, Boundary, Operation } from './boundary.ts'
import { privateKeyBytes } from './key-pair.ts'
import { unwrap, wrap } from './wrapped.ts'

const BINDING = Buffer.from('trent/v1/digest-key')
/** Digests of every Region are signed with one key, which therefore belongs to none. */
const DOMAIN = 'aws-global'
/** Source: CloudTrail user guide, digest files are signed with 2048-bit RSA keys. */
const KEY_SPEC = 'RSA_2048'
const KEY_SPEC_NAME = Buffer.from(KEY_SPEC)

/** A new key pair for digests: the private half wrapped for the store, the public half as CloudTrail lists it. */
async function createDigestKey({ domainKeys, newKeyPair }: Boundary): Promise<Answer> {
  // Before the key pair is made, which takes a while, and not after.
  const domainKey = domainKeys.forWrapping(DOMAIN, Date.now())
  if (!domainKey) return 'needsDomainKey'
  const pair = await newKeyPair(KEY_SPEC)
  if (typeof pair === 'string') return pair
  const pkcs8 = privateKeyBytes(pair)
  const wrapped = wrap(domainKey, BINDING, pkcs8)
  pkcs8.fill(0)
  return [wrapped, createPublicKey(pair.privateKey).export({ format: 'der', type: 'pkcs1' })]
}

function signWith(boundary: Boundary, wrapped: Buffer, text: Buffer): Buffer | Refusal {
  const pkcs8 = unwrap(boundary.domainKeys, { domain: DOMAIN, binding: BINDING }, wrapped)
  if (typeof pkcs8 === 'string') return pkcs8
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  pkcs8.fill(0)
  // RSASSA-PKCS1-v1_5 is what Node does with an RSA key unless told otherwise, and what CloudTrail's digests have.
  return sign('sha256', text, key)
}

/** The key of digest files: no message signs anything else with it, and none gives it away. */
export const DIGEST_OPERATIONS = {
  createDigestKey: {
    fields: 1,
    run: (boundary, keySpec: Buffer) => (keySpec.equals(KEY_SPEC_NAME) ? createDigestKey(boundary) : 'refused'),
  },
  signDigest: {
    fields: 2,
    run(boundary, ...fields) {
      const [wrapped, text] = fields.map((field) => Buffer.from(field))
      if (!wrapped || !text || !isDigestText(text.toString('latin1'))) return 'refused'
      return beside(boundary, KEY_SPEC, () => signWith(boundary, wrapped, text)).then((signature) =>
        typeof signature === 'string' ? signature : [signature],
      )
    },
  },
} as const satisfies Record<Extract<Op, 'createDigestKey' | 'signDigest'>, Operation>
