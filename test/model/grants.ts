import assert from 'node:assert/strict'
import fc from 'fast-check'
import { denied, expects, type Refusal, refused, refusedByState, refusedByUsage, used } from './expectation.ts'
import { OPEN_TO_GUESTS } from './policies.ts'
import { isSymmetric, type ModelGrant, type ModelKey, type World } from './state.ts'
import { chosen, chosenKey, nameOf, nth, region, seldom, step } from './step.ts'

/** Milliseconds: a token is good for 30 days. */
const TOKEN_MS = 30 * 86_400_000

const root = (account: string): string => `arn:aws:iam::${account}:root`
const allGrants = (world: World): readonly ModelGrant[] => world.keys.flatMap(({ grants }) => grants)
const isOpen = ({ isOver, key }: ModelGrant): boolean => !isOver && !key.isGone

/** Operations that keys of each usage can grant. */
const OWN = {
  ENCRYPT_DECRYPT: ['Decrypt', 'Encrypt'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
} as const
const ALIEN = {
  ENCRYPT_DECRYPT: 'Sign',
  SIGN_VERIFY: 'GenerateMac',
  GENERATE_VERIFY_MAC: 'Encrypt',
  KEY_AGREEMENT: 'Sign',
} as const

export const createsGrant = step(
  'createGrant',
  fc.record({ key: nth, unfit: seldom, retirable: fc.boolean(), describes: fc.boolean(), only: seldom }),
  async (world, { key: pick, unfit, retirable, describes, only }) => {
    const key = chosenKey(world, pick)
    if (!key) return
    const { usage } = key.family
    const wanted = [...OWN[usage], ...(describes ? ['DescribeKey'] : []), ...(unfit ? [ALIEN[usage]] : [])]
    const operations = only ? ['CreateGrant'] : wanted
    const input = {
      KeyId: nameOf(key, pick),
      GranteePrincipal: root(world.guest),
      Operations: operations,
      ...(retirable ? { RetiringPrincipal: root(world.guest) } : {}),
    }
    const empty: Refusal | undefined = only
      ? ['ValidationException', 'Grants must not contain only the CreateGrant operation.']
      : undefined
    const wrong: Refusal | undefined = unfit ? ['ValidationException'] : undefined
    const refusal = empty ?? refused(key, 'CreateGrant') ?? wrong
    const answer = await expects(world, 'CreateGrant', input, key, refusal)
    if (!answer) return
    const { GrantId, GrantToken } = answer
    assert.ok(!allGrants(world).some((grant) => grant.GrantId === GrantId))
    const madeAt = world.server.now()
    key.grants.push({ GrantId, GrantToken, madeAt, operations, key, isRetirable: retirable, isOver: false })
  },
)

const noSuchGrant = ({ GrantId }: ModelGrant): Refusal => ['NotFoundException', `Grant ID ${GrantId} not found`]

export const retiresGrant = step(
  'retireGrant',
  fc.record({ nth, byToken: fc.boolean(), byGuest: fc.boolean() }),
  async (world, { nth, byToken, byGuest }) => {
    const grant = chosen(allGrants(world), nth)
    if (!grant) return
    const { key, GrantId, GrantToken } = grant
    const input = byToken ? { GrantToken } : { KeyId: key.arn, GrantId }
    const refusal = byToken ? refusedToken(world, grant, byGuest) : refusedNamed(grant, byGuest)
    const caller = { region: key.region, account: byGuest ? world.guest : world.account }
    await expects(world, 'RetireGrant', input, caller, refusal)
    if (!refusal) grant.isOver = true
  },
)

const NO: Refusal = ['AccessDeniedException']

function refusedToken(world: World, grant: ModelGrant, byGuest: boolean): Refusal | undefined {
  if (grant.madeAt + TOKEN_MS < world.server.now()) return ['InvalidGrantTokenException']
  if (!isOpen(grant)) return noSuchGrant(grant)
  return byGuest && !grant.isRetirable ? NO : undefined
}

/** Whether there is such a grant is told to the account of the key alone. */
function refusedNamed(grant: ModelGrant, byGuest: boolean): Refusal | undefined {
  if (byGuest) return isOpen(grant) && grant.isRetirable ? undefined : NO
  return refused(grant.key, 'RetireGrant') ?? (isOpen(grant) ? undefined : noSuchGrant(grant))
}

export const revokesGrant = step(
  'revokeGrant',
  fc.record({ nth, byGuest: seldom }),
  async (world, { nth, byGuest }) => {
    const grant = chosen(allGrants(world), nth)
    if (!grant) return
    const { key, GrantId } = grant
    const refusal = byGuest ? NO : (refused(key, 'RevokeGrant') ?? (isOpen(grant) ? undefined : noSuchGrant(grant)))
    const caller = { region: key.region, account: byGuest ? world.guest : world.account }
    await expects(world, 'RevokeGrant', { KeyId: key.arn, GrantId }, caller, refusal)
    if (!refusal) grant.isOver = true
  },
)

/** What another account may do with a key: what its policy or a grant says, unless the policy denies it to everybody. */
function allowsGuest(key: ModelKey, operation: string): boolean {
  if (key.isGone || denied(key, operation)) return false
  const isOpenToGuests = key.policy === 'open' && OPEN_TO_GUESTS.includes(operation)
  return isOpenToGuests || key.grants.some((grant) => isOpen(grant) && grant.operations.includes(operation))
}

/** Symmetric keys that a guest may use. */
const granting = (key: ModelKey): boolean =>
  isSymmetric(key.family) && (key.policy === 'open' || key.grants.some(isOpen))

export const guestUses = step(
  'useAsGuest',
  fc.record({ key: nth, describes: fc.boolean() }),
  async (world, { key: pick, describes }) => {
    const key = chosenKey(world, pick, granting)
    if (!key || key.family.spec === 'RSA_2048') return
    const operation = describes ? 'DescribeKey' : 'Encrypt'
    const input = { KeyId: key.arn, ...(describes ? {} : { Plaintext: 'YQ==' }) }
    const state =
      refusedByState(key, operation) ?? (describes ? undefined : refusedByUsage(key, operation, 'ENCRYPT_DECRYPT'))
    const refusal = allowsGuest(key, operation) ? state : NO
    const answer = await expects(world, operation, input, { region: key.region, account: world.guest }, refusal)
    if (answer && !describes) used(world, key, operation)
  },
)

export const listsGrants = step('listGrants', fc.record({ key: nth, region }), async (world, { key: pick, region }) => {
  const key = chosenKey(world, pick)
  if (!key) return
  const answer = await expects(world, 'ListGrants', { KeyId: key.arn, Limit: 100 }, key, refused(key, 'ListGrants'))
  if (answer) assert.deepEqual(idsOf(answer.Grants), idsOf(key.grants.filter(isOpen)))
  const input = { RetiringPrincipal: root(world.guest), Limit: 100 }
  const retirable = await expects(world, 'ListRetirableGrants', input, { region, account: world.guest }, undefined)
  const open = allGrants(world).filter((grant) => isOpen(grant) && grant.isRetirable && grant.key.region === region)
  assert.deepEqual(idsOf(retirable.Grants), idsOf(open))
})

function idsOf(grants: readonly { readonly GrantId: string }[]): readonly string[] {
  return grants.map(({ GrantId }) => GrantId).toSorted()
}
