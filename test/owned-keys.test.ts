import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListKeysCommand,
} from '@aws-sdk/client-kms'
import { isError } from '../src/domain/error.ts'
import { keepingOwnedKeys } from '../src/owned-keys.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { openMemoryTrail } from '../src/trail/memory.ts'
import { allow, clientsOf, newUser } from './support/principals.ts'
import { calledBy, newService, serviceClient } from './support/services.ts'
import { trailEvents } from './support/trail.ts'
import { startTrent } from './support/trent.ts'
import { cloudTrailOf } from './trail/log-files/delivered.ts'

test('keys that the service owns are in its own trail, and no account and no service sees or uses them', async () => {
  await using trent = await startTrent('serve', { data: 'temporary' })
  using root = clientsOf(trent, trent.credentials)
  await trent.ok('CreateKey')
  const events = await trailEvents(trent.data ?? '')
  const made = events.filter(({ eventName }) => eventName === 'CreateOwnedKey')
  assert.deepEqual(made.map(({ awsRegion }) => awsRegion).toSorted(), ['aws-global', 'us-east-1'])
  assert.ok(
    made.every(({ recipientAccountId, requestID }) => recipientAccountId === undefined && requestID === undefined),
  )
  const ids = made.map(({ serviceEventDetails }) => parseDetails(serviceEventDetails).keyId)
  const [hex = ''] = ids
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const user = await newUser(root.iam, 'ulla', allow('*'))
  const s3 = await newService(trent, 's3', trent.credentials)
  using asUser = clientsOf(trent, user)
  using through = await calledBy(trent, s3, user)
  using itself = serviceClient(trent, s3)
  const Plaintext = Buffer.from('x')
  const KeyId = `arn:aws:kms:us-east-1:${trent.account}:key/${uuid}`
  for (const kms of [root.kms, asUser.kms, through, itself]) {
    await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId })), { name: 'NotFoundException' })
    await assert.rejects(kms.send(new GetKeyPolicyCommand({ KeyId })), { name: 'NotFoundException' })
    await assert.rejects(kms.send(new EncryptCommand({ KeyId, Plaintext })), { name: 'NotFoundException' })
  }
  const listed = JSON.stringify([
    await root.kms.send(new ListKeysCommand({})),
    await root.kms.send(new ListAliasesCommand({})),
    (await cloudTrailOf(trent).send(new LookupEventsCommand({}))).Events,
  ])
  // What was asked for above is in the log as it was asked for, and nothing else of it.
  for (const id of [...ids, 'OwnedKey']) assert.ok(!listed.includes(id), id)
})

function parseDetails(value: unknown): { readonly keyId: string; readonly previousKeyId?: string } {
  return value as { readonly keyId: string }
}

async function keeper() {
  const store = await openSqliteStore({ path: ':memory:' })
  if (isError(store)) throw new Error(store.message)
  const trail = openMemoryTrail()
  let failing = false
  const append = async (line: string) =>
    failing ? ({ kind: 'error', code: 'KMSInternalException' } as const) : trail.append(line)
  const ids = { uuid: () => crypto.randomUUID(), hex: () => '' }
  const keys = keepingOwnedKeys({ store, clock: { now: Date.now }, ids, trail: () => ({ append }) })
  const fail = () => {
    failing = true
  }
  return { keys, trail, store, fail }
}
const keyOf = (region: string, id: string, createdAt: number) => ({
  region,
  id: id.repeat(32),
  createdAt,
  wrapped: Uint8Array.of(1),
})

test('the trail tells which owned key took the place of which, for each Region by itself', async () => {
  const { keys, trail, store } = await keeper()
  await keys.save(keyOf('eu-central-1', 'a', 1))
  await keys.save(keyOf('us-east-1', 'b', 2))
  await keys.save(keyOf('eu-central-1', 'c', 3))
  const told = [...trail.lines()].map((line) => {
    const { eventName, awsRegion, serviceEventDetails } = JSON.parse(line)
    return [eventName, awsRegion, serviceEventDetails.keyId[0], serviceEventDetails.previousKeyId?.[0]]
  })
  assert.deepEqual(told, [
    ['CreateOwnedKey', 'eu-central-1', 'a', undefined],
    ['CreateOwnedKey', 'us-east-1', 'b', undefined],
    ['RotateOwnedKey', 'eu-central-1', 'c', 'a'],
  ])
  await store[Symbol.asyncDispose]()
})

test('an owned key that could not be recorded is not used', async () => {
  const { keys, fail, store } = await keeper()
  fail()
  await assert.rejects(keys.save(keyOf('us-east-1', 'a', 1)), /could not be recorded/)
  await store[Symbol.asyncDispose]()
})
