import fc from 'fast-check'
import { type Constraint, type Grant, OTHER, OWN, type Pairs, type World } from '../world.ts'
import { keyDocuments, ownDocuments, trustDocuments } from './documents.ts'
import { GRANTEES, IDS } from './names.ts'

const PAIRS: readonly (readonly [string, string])[] = [
  ['Tenant', 'red'],
  ['Tenant', 'red'],
  ['tenant', 'red'],
  ['Tenant', 'RED'],
  ['Tenant', '10'],
  ['App', 'blue'],
  ['App', '9.5'],
]

/** An encryption context, or what a grant wants of one. */
export const pairs: fc.Arbitrary<Pairs> = fc.array(fc.constantFrom(...PAIRS), { maxLength: 2 }).map(Object.fromEntries)

const constraints: fc.Arbitrary<{ readonly constraint?: Constraint }> = fc
  .tuple(fc.constantFrom(undefined, 'EncryptionContextEquals' as const, 'EncryptionContextSubset' as const), pairs)
  .map(([kind, all]) => (kind ? { constraint: { kind, pairs: all } } : {}))

const GRANTABLE = [
  ['Decrypt'],
  ['Decrypt', 'Encrypt'],
  ['Decrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey'],
  ['CreateGrant', 'Decrypt', 'Encrypt'],
  ['CreateGrant', 'RetireGrant', 'GenerateDataKeyPairWithoutPlaintext'],
  ['RetireGrant', 'Encrypt', 'ReEncryptFrom'],
]

/** What a new grant is to allow. */
export const wishes: fc.Arbitrary<Pick<Grant, 'operations' | 'constraint'>> = fc
  .tuple(fc.constantFrom(...GRANTABLE), constraints)
  .map(([operations, constraint]) => ({ operations, ...constraint }))

const grants: fc.Arbitrary<Grant> = fc
  .tuple(
    fc.constantFrom(...GRANTEES),
    wishes,
    fc.constantFrom({}, ...GRANTEES.map((retiring) => ({ retiring }))),
    fc.constantFrom({}, { issuer: OWN }, { issuer: OTHER }),
  )
  .map(([grantee, wish, retiring, issuer]) => ({ grantee, ...wish, ...retiring, ...issuer }))

function maybe<T, Name extends string>(name: Name, of: fc.Arbitrary<T>): fc.Arbitrary<{ readonly [N in Name]?: T }> {
  const parse = (value: T) => ({ [name]: value }) as { readonly [N in Name]?: T }
  return fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: of.map(parse) })
}

export const worlds: fc.Arbitrary<World> = fc
  .tuple(
    fc.record({
      key: keyDocuments,
      keyIds: fc.constantFrom(...IDS),
      trust: trustDocuments,
      identity: fc.array(ownDocuments, { maxLength: 4 }),
      grants: fc.array(grants, { maxLength: 3 }),
      grantIds: fc.constantFrom(...IDS),
    }),
    maybe('boundary', ownDocuments),
    maybe('session', fc.array(ownDocuments, { minLength: 1, maxLength: 2 })),
  )
  .map(([written, boundary, session]) => ({ ...written, ...boundary, ...session }))
