import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreateGrantCommand, EncryptCommand, GetKeyLastUsageCommand, ListGrantsCommand } from '@aws-sdk/client-kms'
import { EVENTS_PER_COMMIT_MAX, REPLICAS_MAX } from '../../../src/domain/limits.ts'
import { refusedWith } from '../../support/answer.ts'
import { AWAY, clientsIn, newFamily } from '../../support/multi-region.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const account = newAccount()
const regions = clientsIn(trent, account)
after(async () => {
  regions.destroy()
  await trent[Symbol.asyncDispose]()
})

const HOME = 'us-east-1'
const names = Array.from({ length: REPLICAS_MAX }, (_, index) => `eu-test-${index}`)

test('a primary has no more replicas than the limit, and all of them rotate in one commit', async () => {
  assert.ok(REPLICAS_MAX + 1 <= EVENTS_PER_COMMIT_MAX)
  const home = { account, region: HOME }
  const { KeyId } = (await trent.ok('CreateKey', { MultiRegion: true }, home)).KeyMetadata
  for (const ReplicaRegion of names) await trent.ok('ReplicateKey', { KeyId, ReplicaRegion }, home)
  const oneMore = await trent.kms('ReplicateKey', { KeyId, ReplicaRegion: 'eu-west-1' }, home)
  refusedWith(oneMore, 'LimitExceededException', /^The limit of 50 replicas of .* has been reached\.$/)
  await trent.ok('RotateKeyOnDemand', { KeyId }, home)
  const materials = await Promise.all(
    [HOME, ...names].map(async (region) => (await trent.ok('DescribeKey', { KeyId }, { account, region })).KeyMetadata),
  )
  assert.equal(new Set(materials.map((key) => key.CurrentKeyMaterialId)).size, 1)
  const { CiphertextBlob } = await trent.ok('Encrypt', { KeyId, Plaintext: 'YQ==' }, { account, region: 'eu-test-7' })
  const there = { account, region: 'eu-test-49' }
  assert.equal((await trent.ok('Decrypt', { CiphertextBlob }, there)).Plaintext, 'YQ==')
})

test('a grant for one related key is none for another', async () => {
  const KeyId = await newFamily(regions)
  const GranteePrincipal = `arn:aws:iam::${account}:role/worker`
  await regions.home.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Encrypt'] }))
  assert.equal((await regions.home.send(new ListGrantsCommand({ KeyId }))).Grants?.length, 1)
  assert.deepEqual((await regions.away.send(new ListGrantsCommand({ KeyId }))).Grants, [])
})

test('the last use is told of the Region in which the key was used', async () => {
  const KeyId = await newFamily(regions, [AWAY])
  await regions.away.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') }))
  const usedIn = async (kms: typeof regions.home) =>
    (await kms.send(new GetKeyLastUsageCommand({ KeyId }))).KeyLastUsage?.Operation
  assert.deepEqual([await usedIn(regions.home), await usedIn(regions.away)], [undefined, 'Encrypt'])
})
