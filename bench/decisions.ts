/**
 * What a decision costs: `node bench/decisions.ts [rounds]`.
 *
 * Decisions of the policy engine alone, with 5, 50 and 500 statements, and decisions by grant together with the
 * store's search for the grants, with 10, 1,000 and 50,000 of them on the key and on other keys. Processor time, so that other
 * load on the machine hardly shows.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AccountId, type KeyId, keyArn, type Region } from '../src/domain/arn.ts'
import { isError } from '../src/domain/error.ts'
import type { Grant, GrantId } from '../src/domain/grant.ts'
import type { Key, KeyMaterialId, WrappedKey } from '../src/domain/key.ts'
import { compilePolicy } from '../src/policy/compile.ts'
import { defaultKeyPolicy, parsePolicy } from '../src/policy/document.ts'
import { decideKeyAccess, grantNames, type KeyAccess } from '../src/policy/key-access.ts'
import type { AttachedPolicy, PolicyKind, RequestContext, User } from '../src/policy/types.ts'
import type { Change, Store } from '../src/request/ports.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { type Figure, isMet, median, tableOf } from './figures.ts'

const ROUNDS = Number(process.argv[2] ?? 9)
const DECISIONS = 2_000
/** Milliseconds until what is measured is compiled code, and its compiler, whose threads count too, is done. */
const WARM_UP_MS = 1_500
const SEARCHES = 1_000
/** Version, domain key id, nonce, 32 bytes of material and the tag. */
const WRAPPED_BYTES = 77
const GRANTS_AT_ONCE = 1_000
const IAM_STATEMENTS = [5, 50, 500] as const
/** More do not fit into a key policy of 32 KB. */
const KEY_STATEMENTS = [5, 50] as const
const GRANTS = [10, 1_000, 50_000] as const
/** Microseconds for a policy of five statements. */
const USUAL_MAX_US = 5
/** How much dearer a search may be beside the grants of many other keys. */
const GROWTH_MAX = 1.5

const SCOPE = parseScope()
const KEY_ID = parseKeyId('1234abcd-12ab-34cd-56ef-1234567890ab')
const OTHER_KEYS = Array.from({ length: 100 }, () => parseKeyId(crypto.randomUUID()))
const KEY_ARN = keyArn(SCOPE, KEY_ID)
const ROOT = `arn:aws:iam::${SCOPE.account}:root`

function parseScope() {
  return { account: '111122223333' as AccountId, region: 'us-east-1' as Region }
}

function parseKeyId(text: string): KeyId {
  return text as KeyId
}

function parseUser(name: string, policies: readonly AttachedPolicy[]): User {
  const arn = `arn:aws:iam::${SCOPE.account}:user/${name}` as User['arn']
  return { type: 'user', arn, account: SCOPE.account, uniqueId: 'AIDADANAAAAAAAAAAAAAA', identityPolicies: policies }
}

const context: RequestContext = new Map([
  ['aws:securetransport', ['true']],
  ['aws:sourceip', ['203.0.113.10']],
  ['aws:currenttime', ['2026-03-01T12:00:00Z']],
  ['aws:principalarn', [`arn:aws:iam::${SCOPE.account}:user/dana`]],
  ['aws:username', ['dana']],
  ['kms:calleraccount', [SCOPE.account]],
  ['kms:encryptionalgorithm', ['SYMMETRIC_DEFAULT']],
  ['kms:encryptioncontext:tenant', ['red']],
])

function compiled(text: string, kind: PolicyKind) {
  const document = parsePolicy(text, kind)
  if (isError(document)) throw new Error(document.message)
  return compilePolicy(document)
}

const policyText = (Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })

/** Statements as they are in use, of which only the last concerns the call. */
function keyStatements(count: number): readonly object[] {
  const others = Array.from({ length: count - 1 }, (_, i) => ({
    Effect: i % 5 === 0 ? 'Deny' : 'Allow',
    Principal: { AWS: `arn:aws:iam::${SCOPE.account}:role/service-${i}` },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    Resource: '*',
    Condition: { StringEquals: { 'kms:EncryptionContext:tenant': [`tenant-${i}`] } },
  }))
  return [...others, { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }]
}

function identityStatements(count: number): readonly object[] {
  const others = Array.from({ length: count - 1 }, (_, i) => ({
    Effect: i % 5 === 0 ? 'Deny' : 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: `arn:aws:kms:*:${SCOPE.account}:key/${i.toString(16).padStart(8, '0')}-*`,
    Condition: { StringNotEquals: { 'aws:SourceVpc': `vpc-${i}` } },
  }))
  return [...others, { Effect: 'Allow', Action: 'kms:Decrypt', Resource: KEY_ARN }]
}

type Case = { readonly name: string; readonly access: KeyAccess; readonly target?: Figure['target'] }

const keyOf = (text: string) => ({ arn: KEY_ARN, account: SCOPE.account, policy: compiled(text, 'key') })
const attached = (count: number): AttachedPolicy => ({
  name: 'bench',
  policy: compiled(policyText(identityStatements(count)), 'identity'),
})

function engineCases(): readonly Case[] {
  const call = { action: 'kms:Decrypt', grants: [], context }
  const target = (count: number) => (count === IAM_STATEMENTS[0] ? { target: { max: USUAL_MAX_US } } : {})
  return [
    ...IAM_STATEMENTS.map((count) => ({
      name: `default key policy, ${count} IAM statements`,
      access: { principal: parseUser('dana', [attached(count)]), key: keyOf(defaultKeyPolicy(ROOT)), ...call },
      ...target(count),
    })),
    ...KEY_STATEMENTS.map((count) => ({
      name: `key policy and IAM, ${count} statements each`,
      access: {
        principal: parseUser('dana', [attached(count)]),
        key: keyOf(policyText(keyStatements(count))),
        ...call,
      },
      ...target(count),
    })),
  ]
}

/** Microseconds of this process, all its threads. */
async function processorTime(run: () => unknown): Promise<number> {
  const from = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(from)
  return user + system
}

/** Median of the rounds, each of `times` decisions, in microseconds per decision. */
async function measured(times: number, run: () => unknown): Promise<number> {
  const rounds: number[] = []
  for (const until = performance.now() + WARM_UP_MS; performance.now() < until; ) await run()
  for (let round = 0; round < ROUNDS; round++) rounds.push((await processorTime(run)) / times)
  return median(rounds)
}

async function measureEngine({ name, access, target }: Case): Promise<Figure> {
  process.stderr.write(`${name} ...\n`)
  const value = await measured(DECISIONS, () => {
    for (let i = 0; i < DECISIONS; i++) if (!decideKeyAccess(access).allowed) throw new Error(`${name}: refused`)
  })
  return { name, value, unit: 'µs', digits: 2, ...(target ? { target } : {}) }
}

function parseGrant(place: number, keyId: KeyId, grantee: string): Grant {
  const grantId = place.toString(16).padStart(64, '0') as GrantId
  const own = { grantId, granteePrincipal: grantee, operations: ['Decrypt'] as const }
  return { ...SCOPE, keyId, createdAt: 0, issuingAccount: SCOPE.account, ...own }
}

/** Grants are of keys that the store has. */
function parseInsertKey(keyId: KeyId): Change {
  const materialId = keyId.replaceAll('-', '').repeat(2) as KeyMaterialId
  const key: Key = {
    ...SCOPE,
    keyId,
    arn: keyArn(SCOPE, keyId),
    revision: 1,
    createdAt: 0,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
    multiRegion: false,
    state: { name: 'Enabled' },
    tags: [],
    currentMaterialId: materialId,
  }
  const wrapped = new Uint8Array(WRAPPED_BYTES) as Uint8Array as WrappedKey
  return { kind: 'insert-key', key, material: { ...SCOPE, keyId, materialId, createdAt: 0, wrapped } }
}

async function commit(store: Store, changes: readonly Change[], eventId: string): Promise<void> {
  if ((await store.commit(changes, { eventId, line: '' })) !== 'committed') throw new Error(`${eventId} was refused`)
}

async function addGrants(store: Store, grants: readonly Grant[]): Promise<void> {
  for (let at = 0; at < grants.length; at += GRANTS_AT_ONCE) {
    const changes = grants.slice(at, at + GRANTS_AT_ONCE).map((grant) => ({ kind: 'insert-grant', grant }) as const)
    await commit(store, changes, `grants-${grants[at]?.keyId}-${at}`)
  }
}

/** A caller with one grant on the key among `onKey` to others, and `elsewhere` to him on other keys. */
async function measureGrants(name: string, onKey: number, elsewhere: number): Promise<Figure> {
  process.stderr.write(`${name} ...\n`)
  const directory = mkdtempSync(join(tmpdir(), 'trent-bench-'))
  const principal = parseUser('dana', [])
  try {
    const store = await openSqliteStore({ path: join(directory, 'trent.db') })
    if (isError(store)) throw new Error(store.message)
    await using _closing = store
    const others = Array.from({ length: onKey - 1 }, (_, i) =>
      parseGrant(i + 1, KEY_ID, `arn:aws:iam::${SCOPE.account}:role/r-${i}`),
    )
    const far = Array.from({ length: elsewhere }, (_, i) =>
      parseGrant(i + 1, OTHER_KEYS[i % OTHER_KEYS.length] ?? KEY_ID, principal.arn),
    )
    await commit(store, [parseInsertKey(KEY_ID), ...OTHER_KEYS.map(parseInsertKey)], 'keys')
    await addGrants(store, [parseGrant(0, KEY_ID, principal.arn), ...others])
    await addGrants(store, far)
    return await measureSearch(name, store, principal)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function measureSearch(name: string, store: Store, principal: User): Promise<Figure> {
  const key = keyOf(
    policyText([{ Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 'kms:*', Resource: '*' }]),
  )
  const value = await measured(SEARCHES, async () => {
    for (let i = 0; i < SEARCHES; i++) {
      const grants = await store.findGrants(SCOPE, KEY_ID, grantNames(principal))
      const { allowed } = decideKeyAccess({ principal, action: 'kms:Decrypt', key, grants, context })
      if (!allowed) throw new Error(`${name}: refused`)
    }
  })
  return { name, value, unit: 'µs', digits: 2 }
}

/** Figures for each number of grants; all but the first against the first. */
async function measureGrowth(
  nameOf: (count: number) => string,
  measure: (name: string, count: number) => Promise<Figure>,
) {
  const figures: Figure[] = []
  for (const count of GRANTS) {
    const figure = await measure(nameOf(count), count)
    const [least] = figures
    figures.push(least ? { ...figure, target: { max: Math.max(least.value * GROWTH_MAX, USUAL_MAX_US) } } : figure)
  }
  return figures
}

const figures: Figure[] = []
for (const each of engineCases()) figures.push(await measureEngine(each))
figures.push(
  ...(await measureGrowth(
    (count) => `by one of ${count} grants on the key, with the search`,
    (name, count) => measureGrants(name, count, 0),
  )),
  ...(await measureGrowth(
    (count) => `by the only grant, beside ${count} on other keys, with the search`,
    (name, count) => measureGrants(name, 1, count),
  )),
)
process.stdout.write(`${tableOf(figures)}\n`)
const missed = figures.filter((figure) => isMet(figure) === false)
process.stdout.write(missed.length === 0 ? 'All targets are met.\n' : `${missed.length} targets are missed.\n`)
process.exitCode = missed.length === 0 ? 0 : 1
