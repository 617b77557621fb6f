import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { KMSClient, UpdatePrimaryRegionCommand } from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import { AWAY, clientsIn, FAR, HOME, newFamily, newPrimary, partOf, replicate } from '../../support/multi-region.ts'
import { allow, clientsOf, newUser } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve', { region: [HOME, AWAY, FAR] })
const root = clientsOf(trent, trent.credentials)
const regions = clientsIn(trent)
after(async () => {
  root[Symbol.dispose]()
  regions.destroy()
  await trent[Symbol.asyncDispose]()
})

const arn = (region: string, KeyId: string) => `arn:aws:kms:${region}:${trent.account}:key/${KeyId}`
const inRegion = (Action: string, region: string) => ({
  ...allow(Action),
  Condition: { StringEquals: { 'aws:RequestedRegion': region } },
})

/** The home Region's client of a user who may do what the statements say. */
async function clientOf(name: string, ...statements: readonly object[]): Promise<KMSClient> {
  const credentials = await newUser(root.iam, name, ...statements)
  const client = new KMSClient({ endpoint: trent.url, region: HOME, credentials, maxAttempts: 1 })
  after(() => client.destroy())
  return client
}

const REPLICATE = inRegion('kms:ReplicateKey', HOME)
const CREATE = inRegion('kms:CreateKey', AWAY)
const TAG = inRegion('kms:TagResource', AWAY)
const Tags = [{ TagKey: 'a', TagValue: 'b' }]

for (const [name, statements, denied] of [
  ['nothing', [], 'kms:ReplicateKey'],
  ['replicate', [REPLICATE], 'kms:CreateKey'],
  ['create', [CREATE, TAG], 'kms:ReplicateKey'],
  ['create-at-home', [REPLICATE, inRegion('kms:CreateKey', HOME), TAG], 'kms:CreateKey'],
  ['untagged', [REPLICATE, CREATE], 'kms:TagResource'],
  ['tag-at-home', [REPLICATE, CREATE, inRegion('kms:TagResource', HOME)], 'kms:TagResource'],
  [
    'single-region',
    [REPLICATE, TAG, { ...CREATE, Condition: { Bool: { 'kms:MultiRegion': 'false' } } }],
    'kms:CreateKey',
  ],
] as const)
  test(`a user with permissions '${name}' does not replicate with tags, for want of ${denied}`, async () => {
    const KeyId = await newPrimary(regions.home)
    const client = await clientOf(name, ...statements)
    await refused(replicate(client, KeyId, AWAY, { Tags }), 'AccessDeniedException', new RegExp(`perform: ${denied} `))
    assert.deepEqual(await partOf(regions.home, KeyId), ['PRIMARY', HOME, []])
  })

test('a user who may replicate here and create and tag there does, and nowhere else', async () => {
  const KeyId = await newPrimary(regions.home)
  const replica = { StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA', 'aws:RequestedRegion': AWAY } }
  const client = await clientOf('enough', REPLICATE, { ...allow('kms:CreateKey'), Condition: replica }, TAG)
  await refused(replicate(client, KeyId, FAR), 'AccessDeniedException', /perform: kms:CreateKey /)
  await replicate(client, KeyId, AWAY, { Tags })
  assert.deepEqual(await partOf(regions.home, KeyId), ['PRIMARY', HOME, [AWAY]])
})

test('who changes the primary needs the permission on both keys, and the refusal names the one that misses', async () => {
  const KeyId = await newFamily(regions)
  const update = (client: KMSClient) => client.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY }))
  for (const [name, owned, missed] of [
    ['of-primary', HOME, AWAY],
    ['of-replica', AWAY, HOME],
  ] as const) {
    const client = await clientOf(name, allow('kms:UpdatePrimaryRegion', arn(owned, KeyId)))
    await refused(update(client), 'AccessDeniedException', new RegExp(`on resource: ${arn(missed, KeyId)} `))
  }
  assert.deepEqual(await partOf(regions.home, KeyId), ['PRIMARY', HOME, [AWAY]])
  await update(await clientOf('of-both', allow('kms:UpdatePrimaryRegion', arn('*', KeyId))))
  assert.deepEqual(await partOf(regions.home, KeyId), ['REPLICA', AWAY, [HOME]])
})
