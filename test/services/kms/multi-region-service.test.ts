import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { KMSClient, RotateKeyOnDemandCommand, UpdatePrimaryRegionCommand } from '@aws-sdk/client-kms'
import { startTrentProcess, type TrentProcess } from '../../../scripts/trent-process.ts'
import { dataDirectory } from '../../../src/data-directory.ts'
import { refused } from '../../support/answer.ts'
import {
  AWAY,
  clientsIn,
  decryptedBy,
  described,
  encryptedBy,
  FAR,
  HOME,
  newFamily,
  newPrimary,
  partOf,
  type Regions,
  replicate,
  stateOf,
} from '../../support/multi-region.ts'
import { startTrent } from '../../support/trent.ts'

const SERVED = { region: [HOME, AWAY] }

test('the service replicates between the Regions that it was started with, and to no other', async () => {
  await using trent = await startTrent('serve', SERVED)
  const regions = clientsIn(trent)
  const { home, away } = regions
  const KeyId = await newFamily(regions)
  const ciphertext = await encryptedBy(home, KeyId)
  assert.equal(await decryptedBy(away, ciphertext), 'attack at dawn')
  await refused(
    replicate(home, KeyId, FAR),
    'UnsupportedOperationException',
    `Keys cannot be replicated to the Region ${FAR}.`,
  )
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [AWAY]])
  await home.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY }))
  await away.send(new RotateKeyOnDemandCommand({ KeyId }))
  assert.equal(await decryptedBy(home, await encryptedBy(away, KeyId)), 'attack at dawn')
  regions.destroy()
})

test('each Region has its material under a domain key of its own', async () => {
  await using trent = await startTrent('serve', SERVED)
  const regions = clientsIn(trent)
  await newFamily(regions)
  regions.destroy()
  await trent.close()
  const db = new DatabaseSync(dataDirectory(trent.data ?? '').database, { readOnly: true })
  const rows = db
    .prepare('select s.region, m.wrapped from key_materials m join scopes s on s.scope_id = m.scope_id')
    .all()
  const domainKeys = new Map(
    db
      .prepare('select id, region from domain_keys')
      .all()
      .map(({ id, region }) => [id, region]),
  )
  db.close()
  assert.equal(rows.length, 2)
  for (const { region, wrapped } of rows) {
    assert.ok(wrapped instanceof Uint8Array)
    assert.equal(domainKeys.get(Buffer.from(wrapped.subarray(1, 17)).toString('hex')), region)
  }
})

test('related keys are still related after a restart, and a Region that is no longer served gets no primary', async () => {
  const data = await mkdtemp(join(tmpdir(), 'trent-regions-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true }) }
  const during = async <T>(region: readonly string[], work: (regions: Regions) => Promise<T>) => {
    await using trent = await startTrent('serve', { data, region })
    const regions = clientsIn(trent)
    return await work(regions).finally(() => regions.destroy())
  }
  const KeyId = await during(SERVED.region, (regions) => newFamily(regions))
  await during([HOME], async ({ home, away }) => {
    assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [AWAY]])
    const call = home.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY }))
    await refused(call, 'UnsupportedOperationException', `The Region ${AWAY} is not served.`)
    await assert.rejects(described(away, KeyId))
    await home.send(new RotateKeyOnDemandCommand({ KeyId }))
  })
  await during(SERVED.region, async ({ home, away }) => {
    assert.equal(await decryptedBy(away, await encryptedBy(home, KeyId)), 'attack at dawn')
    assert.equal(
      (await described(away, KeyId)).CurrentKeyMaterialId,
      (await described(home, KeyId)).CurrentKeyMaterialId,
    )
  })
})

const ROUNDS = 4
const LIFE_MAX_MS = 400
const SETTLE_TRIES = 200

async function clientsOf({ url }: TrentProcess, data: string): Promise<readonly [KMSClient, KMSClient]> {
  const text = await readFile(dataDirectory(data).credentials, 'utf8')
  const member = (name: string) => new RegExp(`^${name} = (\\S+)$`, 'm').exec(text)?.[1] ?? ''
  const credentials = { accessKeyId: member('aws_access_key_id'), secretAccessKey: member('aws_secret_access_key') }
  const client = (region: string) => new KMSClient({ endpoint: url, region, credentials, maxAttempts: 1 })
  return [client(HOME), client(AWAY)]
}

/** Makes keys, replicas, rotations and changes of the primary until the service is gone. */
async function changeUntilKilled([home, away]: readonly [KMSClient, KMSClient], made: string[]): Promise<void> {
  for (;;) {
    const KeyId = await newPrimary(home)
    made.push(KeyId)
    await replicate(home, KeyId, AWAY)
    await home.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY }))
    await away.send(new RotateKeyOnDemandCommand({ KeyId }))
    await away.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: HOME }))
  }
}

/** Waits until the service has done what it owes, and insists that related keys agree and work. */
async function assertWhole([home, away]: readonly [KMSClient, KMSClient], KeyId: string): Promise<void> {
  const [, primary, replicas = []] = await partOf(home, KeyId)
  if (replicas.length === 0) return refused(described(away, KeyId), 'NotFoundException')
  for (const kms of [home, away])
    for (let tries = 0; (await stateOf(kms, KeyId)) !== 'Enabled'; tries += 1) {
      assert.ok(tries < SETTLE_TRIES, `${KeyId} stays ${await stateOf(kms, KeyId)}`)
      await delay(50)
    }
  const parts = [await partOf(home, KeyId), await partOf(away, KeyId)]
  assert.deepEqual(parts.map(([part]) => part).sort(), ['PRIMARY', 'REPLICA'])
  assert.deepEqual(parts[0]?.slice(1), parts[1]?.slice(1), String(primary))
  assert.equal((await described(home, KeyId)).CurrentKeyMaterialId, (await described(away, KeyId)).CurrentKeyMaterialId)
  assert.equal(await decryptedBy(away, await encryptedBy(home, KeyId)), 'attack at dawn')
}

test(`after each of ${ROUNDS} kills all related keys agree, and what was begun is done`, async () => {
  const data = await mkdtemp(join(tmpdir(), 'trent-kill-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true }) }
  const start = () => startTrentProcess({ mode: 'serve', data, args: ['--region', HOME, '--region', AWAY] })
  const made: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const trent = await start()
    const clients = await clientsOf(trent, data)
    for (const KeyId of made) await assertWhole(clients, KeyId)
    const changing = assert.rejects(changeUntilKilled(clients, made))
    await delay(50 + Math.random() * LIFE_MAX_MS)
    await trent.kill()
    await changing
    for (const client of clients) client.destroy()
  }
  await using trent = await start()
  const clients = await clientsOf(trent, data)
  assert.ok(made.length >= ROUNDS)
  for (const KeyId of made) await assertWhole(clients, KeyId)
  for (const client of clients) client.destroy()
})
