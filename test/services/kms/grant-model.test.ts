import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { rootOf } from '../../support/grants.ts'
import { createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const OPERATIONS = ['Encrypt', 'DescribeKey', 'RetireGrant', 'CreateGrant'] as const
type Operation = (typeof OPERATIONS)[number]
/** Accounts and keys by number: the first account owns the keys. */
const ACCOUNTS = [0, 1, 2]
const KEYS = [0, 1]

const account = fc.constantFrom(...ACCOUNTS)
const key = fc.constantFrom(0, 0, ...KEYS)
/** Few values, so that steps meet each other. A pair of the constraint is `a` with the value. */
const wanted = fc.record({
  key,
  by: fc.constantFrom(0, 0, 1, 2),
  grantee: fc.constantFrom(1, 1, 1, 2),
  retiring: fc.constantFrom(2, 2, null),
  operations: fc.constantFrom<readonly Operation[]>(OPERATIONS, ['Encrypt', 'DescribeKey'], ['CreateGrant']),
  subset: fc.constantFrom(null, null, '1'),
  name: fc.constantFrom(null, 'n', 'n', 'n'),
})
type Wanted = typeof wanted extends fc.Arbitrary<infer T> ? T : never

const step = fc.oneof(
  { weight: 5, arbitrary: wanted.map((of) => ({ kind: 'create' as const, ...of })) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('retire' as const), by: account, nth: fc.nat(4), byToken: fc.boolean() }),
  },
  fc.record({ kind: fc.constant('revoke' as const), by: account, nth: fc.nat(4) }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('use' as const),
      by: account,
      key,
      operation: fc.constantFrom('Encrypt' as const, 'DescribeKey' as const),
      value: fc.constantFrom('1', '2'),
    }),
  },
  fc.record({ kind: fc.constant('list' as const), key }),
  fc.record({ kind: fc.constant('listRetirable' as const), by: account }),
)

type Made = Omit<Wanted, 'by'> & {
  readonly issuer: number
  readonly GrantId: string
  readonly GrantToken: string
  isOver: boolean
}

const covers = (grant: Made, by: number, of: number, operation: Operation): boolean =>
  !grant.isOver && grant.grantee === by && grant.key === of && grant.operations.includes(operation)

/** Whether the grant lets its grantee make one as wanted: all of its operations, under a constraint as strict. */
const passesOn = (grant: Made, asked: Wanted): boolean =>
  covers(grant, asked.by, asked.key, 'CreateGrant') &&
  asked.operations.every((operation) => grant.operations.includes(operation)) &&
  (grant.subset === null || grant.subset === asked.subset)

const mayRetire = (grant: Made, by: number): boolean =>
  by === 0 ||
  by === grant.issuer ||
  by === grant.retiring ||
  (by === grant.grantee && grant.operations.includes('RetireGrant'))

const isSame = (grant: Made, asked: Wanted): boolean =>
  !grant.isOver &&
  asked.name !== null &&
  grant.issuer === asked.by &&
  (['key', 'name', 'grantee', 'retiring', 'subset'] as const).every((member) => grant[member] === asked[member]) &&
  grant.operations.toString() === asked.operations.toString()

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
type StepOf<Kind extends Step['kind']> = Extract<Step, { readonly kind: Kind }>

const seen = { allowed: 0, denied: 0, ended: 0, again: 0, passedOn: 0 }

/** Accounts and keys of their own for one history, and the grants that it made. */
async function openWorld() {
  const ids = ACCOUNTS.map(newAccount)
  const keys = await Promise.all(KEYS.map(() => createKey(trent, { account: ids[0] ?? '' })))
  return {
    call: (by: number, operation: string, input: object) => trent.kms(operation, input, { account: ids[by] ?? '' }),
    root: (of: number) => rootOf(ids[of] ?? ''),
    arn: (of: number) => keys[of]?.Arn ?? '',
    made: [] as Made[],
  }
}
type World = Awaited<ReturnType<typeof openWorld>>

async function create({ call, root, arn, made }: World, asked: StepOf<'create'>): Promise<void> {
  const answer = await call(asked.by, 'CreateGrant', {
    KeyId: arn(asked.key),
    GranteePrincipal: root(asked.grantee),
    Operations: asked.operations,
    ...(asked.retiring === null ? {} : { RetiringPrincipal: root(asked.retiring) }),
    ...(asked.subset === null ? {} : { Constraints: { EncryptionContextSubset: { a: asked.subset } } }),
    ...(asked.name === null ? {} : { Name: asked.name }),
  })
  if (asked.operations.length === 1) return assert.equal(answer.code, 'ValidationException')
  const isAllowed = asked.by === 0 || made.some((grant) => passesOn(grant, asked))
  assert.equal(answer.code, isAllowed ? undefined : 'AccessDeniedException', answer.text)
  if (!isAllowed) return
  if (asked.by !== 0) seen.passedOn += 1
  const { GrantId, GrantToken } = JSON.parse(answer.text)
  const same = made.find((grant) => isSame(grant, asked))
  assert.equal(
    made.find((grant) => grant.GrantId === GrantId),
    same,
  )
  if (same) seen.again += 1
  else made.push({ ...asked, issuer: asked.by, GrantId, GrantToken, isOver: false })
}

function end(grant: Made, code: string | undefined, expected: string | undefined): void {
  assert.equal(code, expected)
  if (code !== undefined) return
  seen.ended += 1
  grant.isOver = true
}

async function retire({ call, arn, made }: World, { by, nth, byToken }: StepOf<'retire'>): Promise<void> {
  const grant = made[nth]
  if (!grant) return
  const { GrantId, GrantToken } = grant
  const { code } = await call(by, 'RetireGrant', byToken ? { GrantToken } : { KeyId: arn(grant.key), GrantId })
  // Whoever has the token knows of the grant; else the account of the key alone learns that it is over.
  if (grant.isOver) return end(grant, code, byToken || by === 0 ? 'NotFoundException' : 'AccessDeniedException')
  end(grant, code, mayRetire(grant, by) ? undefined : 'AccessDeniedException')
}

async function revoke({ call, arn, made }: World, { by, nth }: StepOf<'revoke'>): Promise<void> {
  const grant = made[nth]
  if (!grant) return
  const { code } = await call(by, 'RevokeGrant', { KeyId: arn(grant.key), GrantId: grant.GrantId })
  end(grant, code, by !== 0 ? 'AccessDeniedException' : grant.isOver ? 'NotFoundException' : undefined)
}

async function use({ call, arn, made }: World, { by, key: of, operation, value }: StepOf<'use'>): Promise<void> {
  const input = operation === 'Encrypt' ? { Plaintext: 'YQ==', EncryptionContext: { a: value } } : {}
  const answer = await call(by, operation, { KeyId: arn(of), ...input })
  const isMet = ({ subset }: Made) => operation === 'DescribeKey' || subset === null || subset === value
  const isAllowed = by === 0 || made.some((grant) => covers(grant, by, of, operation) && isMet(grant))
  assert.equal(answer.code, isAllowed ? undefined : 'AccessDeniedException', answer.text)
  if (by !== 0) seen[isAllowed ? 'allowed' : 'denied'] += 1
}

async function list({ call, root, arn, made }: World, asked: StepOf<'list' | 'listRetirable'>): Promise<void> {
  const open = made.filter(({ isOver }) => !isOver)
  const isOfKey = asked.kind === 'list'
  const { output } = isOfKey
    ? await call(0, 'ListGrants', { KeyId: arn(asked.key), Limit: 100 })
    : await call(asked.by, 'ListRetirableGrants', { RetiringPrincipal: root(asked.by), Limit: 100 })
  const expected = open.filter((grant) => (isOfKey ? grant.key === asked.key : grant.retiring === asked.by))
  assert.deepEqual(idsOf(output.Grants), idsOf(expected))
}

function take(world: World, each: Step): Promise<void> {
  switch (each.kind) {
    case 'create':
      return create(world, each)
    case 'retire':
      return retire(world, each)
    case 'revoke':
      return revoke(world, each)
    case 'use':
      return use(world, each)
    default:
      return list(world, each)
  }
}

test('any history of grants answers and leaves what the model says', async () => {
  const histories = fc.array(step, { minLength: 15, maxLength: 50 })
  const holds = fc.asyncProperty(histories, async (history) => {
    const world = await openWorld()
    for (const each of history) await take(world, each)
  })
  await fc.assert(holds, { numRuns: 80 })
  // Each must have been met often, or the comparison says little.
  for (const count of Object.values(seen)) assert.ok(count >= 3, JSON.stringify(seen))
})

function idsOf(grants: readonly { readonly GrantId: string }[]): readonly string[] {
  return grants.map(({ GrantId }) => GrantId).toSorted()
}
