import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import { dataDirectory } from '../../../src/data-directory.ts'
import { parseAccountId, parseRegion } from '../../../src/domain/arn.ts'
import { isError } from '../../../src/domain/error.ts'
import type { Key } from '../../../src/domain/key.ts'
import { parseKeyId } from '../../../src/domain/key-id.ts'
import { nextRevision } from '../../../src/domain/next-revision.ts'
import type { Change, Duty, Store } from '../../../src/request/ports.ts'
import { openSqliteStore } from '../../../src/store/sqlite.ts'
import { allRefused, refused } from '../../support/answer.ts'
import {
  AWAY,
  clientsIn,
  decryptedBy,
  described,
  encryptedBy,
  FAR,
  HOME,
  newFamily,
  partOf,
  type Regions,
  replicate,
  stateOf,
} from '../../support/multi-region.ts'
import { startTrent, type TestTrent } from '../../support/trent.ts'

const ACCOUNT = '111122223333'
const arn = (region: string, KeyId: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/${KeyId}`
const must = <T>(value: T | undefined): T => value ?? assert.fail()

/** A Trent that can be stopped, changed and started again. */
type Site = AsyncDisposable & {
  run<T>(work: (regions: Regions, trent: TestTrent) => Promise<T>): Promise<T>
  /** Changes the keys of the stopped store, by Region. */
  change(KeyId: string, change: (key: Key, store: Store) => Promise<readonly Change[]>): Promise<void>
}

async function openSite(): Promise<Site> {
  const data = await mkdtemp(join(tmpdir(), 'trent-states-'))
  return {
    async run(work) {
      await using trent = await startTrent('dev', { data })
      const regions = clientsIn(trent, ACCOUNT)
      return await work(regions, trent).finally(() => regions.destroy())
    },
    async change(KeyId, change) {
      const store = await openSqliteStore({ path: dataDirectory(data).database })
      assert.ok(!isError(store))
      await using open = store
      for (const name of [HOME, AWAY, FAR]) {
        const scope = { account: must(parseAccountId(ACCOUNT)), region: must(parseRegion(name)) }
        const key = await open.findKey(scope, must(parseKeyId(KeyId)))
        if (key) assert.equal(await open.commit(await change(key, open)), 'committed')
      }
    },
    [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true }),
  }
}

const LATER = Date.now() + 86_400_000
const dutyOf = ({ account, region, keyId }: Key, kind: Duty['kind'], dueAt: number): Change => ({
  kind: 'put-duty',
  duty: { scope: { account, region }, keyId, kind, dueAt },
})

/** The replica in the state in which ReplicateKey leaves it, its duty due later. */
const beingCreated = (KeyId: string, site: Site, dueAt = LATER) =>
  site.change(KeyId, async (key) => {
    if (key.region !== AWAY) return []
    const { currentMaterialId: _, ...rest } = key
    const creating: Key = { ...rest, revision: key.revision + 1, state: { name: 'Creating' } }
    return [{ kind: 'delete-key', key }, { kind: 'insert-key', key: creating }, dutyOf(key, 'synchronize-key', dueAt)]
  })

/** Both keys in the state in which UpdatePrimaryRegion leaves them, its duty due later. */
const beingUpdated = (KeyId: string, site: Site, dueAt = LATER) =>
  site.change(KeyId, async (key) => {
    if (key.region === FAR) return []
    const state = { name: 'Updating', primaryRegion: must(parseRegion(AWAY)) } as const
    const update: Change = { kind: 'update-key', key: nextRevision(key, { state }) }
    return key.region === HOME ? [update, dutyOf(key, 'update-primary', dueAt)] : [update]
  })

const advance = async (trent: TestTrent, duration: string) => {
  const answer = await trent.control('POST', '/_trent/clock', { advance: duration })
  assert.equal(answer.status, 200, answer.text)
}

const tag = (kms: KMSClient, KeyId: string) =>
  kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }))
const describe = (kms: KMSClient, KeyId: string) =>
  kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'changed' }))
const alias = (kms: KMSClient, KeyId: string) =>
  kms.send(new CreateAliasCommand({ AliasName: `alias/of-${KeyId}`, TargetKeyId: KeyId }))
const policy = (kms: KMSClient, KeyId: string) => kms.send(new GetKeyPolicyCommand({ KeyId }))
const enable = (kms: KMSClient, KeyId: string) => kms.send(new EnableKeyCommand({ KeyId }))
const disable = (kms: KMSClient, KeyId: string) => kms.send(new DisableKeyCommand({ KeyId }))
const schedule = (kms: KMSClient, KeyId: string) => kms.send(new ScheduleKeyDeletionCommand({ KeyId }))
const cancel = (kms: KMSClient, KeyId: string) => kms.send(new CancelKeyDeletionCommand({ KeyId }))
const rotation = (kms: KMSClient, KeyId: string) => kms.send(new EnableKeyRotationCommand({ KeyId }))
const update = (kms: KMSClient, KeyId: string, PrimaryRegion: string) =>
  kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion }))

test('a replica that is being created works for what needs no material, and refuses the rest', async () => {
  await using site = await openSite()
  const KeyId = await site.run((regions) => newFamily(regions))
  await beingCreated(KeyId, site)
  await site.run(async ({ home, away }, trent) => {
    const { KeyState, Enabled, CurrentKeyMaterialId } = await described(away, KeyId)
    assert.deepEqual([KeyState, Enabled, CurrentKeyMaterialId], ['Creating', false, undefined])
    for (const works of [tag, describe, alias, policy]) await works(away, KeyId)
    await allRefused(
      [
        encryptedBy(away, KeyId),
        enable(away, KeyId),
        disable(away, KeyId),
        rotation(away, KeyId),
        update(home, KeyId, AWAY),
      ],
      'KMSInvalidStateException',
      `${arn(AWAY, KeyId)} is creating.`,
    )
    await refused(cancel(away, KeyId), 'KMSInvalidStateException', `${arn(AWAY, KeyId)} is not pending deletion.`)
    await refused(replicate(home, KeyId, AWAY), 'AlreadyExistsException')
    await advance(trent, 'P2D')
    assert.equal(await stateOf(away, KeyId), 'Enabled')
    assert.equal(await decryptedBy(away, await encryptedBy(home, KeyId)), 'attack at dawn')
    assert.equal((await described(away, KeyId)).Description, 'changed')
  })
})

test('a deletion that is scheduled while a replica is being created stands, and a cancelled one leaves a whole key', async () => {
  await using site = await openSite()
  const KeyId = await site.run((regions) => newFamily(regions))
  await beingCreated(KeyId, site)
  await site.run(async ({ home, away }, trent) => {
    const ciphertext = await encryptedBy(home, KeyId)
    assert.equal((await schedule(away, KeyId)).KeyState, 'PendingDeletion')
    await advance(trent, 'P2D')
    assert.equal(await stateOf(away, KeyId), 'PendingDeletion')
    await cancel(away, KeyId)
    await enable(away, KeyId)
    assert.equal(await decryptedBy(away, ciphertext), 'attack at dawn')
    await schedule(away, KeyId)
    await advance(trent, 'P31D')
    await refused(described(away, KeyId), 'NotFoundException')
    assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, []])
  })
})

test('a primary that rotates or moves while a replica is being created leaves it nothing to miss', async () => {
  await using site = await openSite()
  const KeyId = await site.run((regions) => newFamily(regions, [AWAY, FAR]))
  await beingCreated(KeyId, site)
  await site.run(async ({ home, away, far }, trent) => {
    await rotation(home, KeyId)
    await advance(trent, 'PT1H')
    await update(home, KeyId, FAR)
    assert.equal(await stateOf(away, KeyId), 'Creating')
    await advance(trent, 'P2D')
    assert.deepEqual(await partOf(away, KeyId), ['REPLICA', FAR, [AWAY, HOME]])
    assert.equal(
      (await described(away, KeyId)).CurrentKeyMaterialId,
      (await described(far, KeyId)).CurrentKeyMaterialId,
    )
  })
})

test('keys that are updating can be used, and refuse what would change their state', async () => {
  await using site = await openSite()
  const KeyId = await site.run((regions) => newFamily(regions, [AWAY, FAR]))
  await beingUpdated(KeyId, site)
  await site.run(async ({ home, away, far }, trent) => {
    for (const [kms, region] of [
      [home, HOME],
      [away, AWAY],
    ] as const) {
      const { KeyState, Enabled } = await described(kms, KeyId)
      assert.deepEqual([KeyState, Enabled], ['Updating', false])
      assert.equal(await decryptedBy(far, await encryptedBy(kms, KeyId)), 'attack at dawn')
      for (const works of [tag, describe, alias, policy]) await works(kms, KeyId)
      await allRefused(
        [enable(kms, KeyId), disable(kms, KeyId), schedule(kms, KeyId)],
        'KMSInvalidStateException',
        `${arn(region, KeyId)} is updating.`,
      )
    }
    await refused(replicate(home, KeyId, 'sa-east-1'), 'KMSInvalidStateException', `${arn(HOME, KeyId)} is updating.`)
    assert.deepEqual(await partOf(away, KeyId), ['REPLICA', HOME, [AWAY, FAR]])
    await advance(trent, 'P2D')
    assert.deepEqual(await partOf(away, KeyId), ['PRIMARY', AWAY, [FAR, HOME]])
    for (const kms of [home, away]) assert.equal(await stateOf(kms, KeyId), 'Enabled')
  })
})

test('another Region named while keys are updating counts, and the one that was passed over is enabled', async () => {
  await using site = await openSite()
  const KeyId = await site.run((regions) => newFamily(regions, [AWAY, FAR]))
  await beingUpdated(KeyId, site)
  await site.run(async ({ home, away, far }) => {
    await update(home, KeyId, AWAY)
    assert.equal(await stateOf(home, KeyId), 'Updating')
    await update(home, KeyId, FAR)
    for (const kms of [home, away, far]) {
      assert.equal(await stateOf(kms, KeyId), 'Enabled')
      assert.deepEqual((await partOf(kms, KeyId)).slice(1), [FAR, [AWAY, HOME]])
    }
  })
})

test('what was not done before the end is done at the next start', async () => {
  await using site = await openSite()
  const [one, other] = await site.run(async (regions) => [await newFamily(regions), await newFamily(regions)])
  await beingCreated(one, site, 0)
  await beingUpdated(other, site, 0)
  await site.run(async ({ home, away }, trent) => {
    await advance(trent, 'PT1S')
    assert.equal(await stateOf(away, one), 'Enabled')
    assert.equal(await decryptedBy(away, await encryptedBy(home, one)), 'attack at dawn')
    assert.deepEqual(await partOf(home, other), ['REPLICA', AWAY, [HOME]])
  })
})

test('damaged material holds up its own replica, and nobody else', async () => {
  await using site = await openSite()
  const [damaged, sound] = await site.run(async (regions) => [await newFamily(regions), await newFamily(regions)])
  await beingCreated(damaged, site, LATER)
  await beingCreated(sound, site, LATER + 1)
  await site.change(damaged, async (key, store) => {
    if (key.region !== HOME || !key.currentMaterialId) return []
    const material = must(await store.findMaterial(key.region, key.currentMaterialId))
    const wrapped = parseFlipped(material.wrapped)
    const again: Key = { ...key, revision: 1 }
    return [
      { kind: 'delete-key', key },
      { kind: 'insert-key', key: again, material: { ...material, wrapped } },
    ]
  })
  await site.run(async ({ away }, trent) => {
    assert.notEqual((await trent.control('POST', '/_trent/clock', { advance: 'P2D' })).status, 200)
    assert.equal(await stateOf(away, damaged), 'Creating')
    await refused(encryptedBy(away, damaged), 'KMSInvalidStateException')
    assert.equal((await trent.control('POST', '/_trent/clock', { advance: 'PT1S' })).status, 500)
    assert.equal(await stateOf(away, sound), 'Enabled')
  })
})

function parseFlipped(wrapped: Uint8Array) {
  return wrapped.with(40, (wrapped[40] ?? 0) ^ 1) as NonNullable<Awaited<ReturnType<Store['findMaterial']>>>['wrapped']
}
