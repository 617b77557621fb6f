import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { ListUsersCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { startTrentProcess } from '../../scripts/trent-process.ts'
import { parseCredentials } from '../../src/cli/credentials.ts'
import { clientsOf } from '../support/principals.ts'
import { eventsOf } from '../support/trail.ts'
import { REGION } from '../support/trent.ts'

const NOTE = pathToFileURL(join(import.meta.dirname, '..', 'support', 'note-modules.ts')).href
const data = mkdtempSync(join(tmpdir(), 'trent-lazy-'))
const modules = join(data, 'modules.txt')
const directory = join(data, 'data')
const trent = await startTrentProcess({
  mode: 'serve',
  data: directory,
  nodeArgs: ['--import', NOTE],
  // A build has parts, whose names do not tell what is in them.
  program: join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts'),
  env: { ...process.env, TRENT_TEST_MODULES: modules },
})
const credentials = parseCredentials(readFileSync(join(directory, 'credentials'), 'utf8')) ?? assert.fail()
const clients = clientsOf(trent, credentials)
const cloudtrail = new CloudTrailClient({ endpoint: trent.url, region: REGION, credentials })
after(async () => {
  clients[Symbol.dispose]()
  cloudtrail.destroy()
  await trent.stop()
  rmSync(data, { recursive: true })
})

/** Whether a module whose URL has that in it was loaded. */
const isLoaded = (part: string) => readFileSync(modules, 'utf8').includes(part)
/** Names of the threads of the API process. Source: proc_pid_task(5). */
const threads = () =>
  readdirSync(`/proc/${trent.pid}/task`).map((id) => readFileSync(`/proc/${trent.pid}/task/${id}/comm`, 'utf8').trim())
const skip = process.platform === 'linux' ? false : 'threads are looked at in /proc'

async function encrypt(): Promise<void> {
  const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({}))
  await clients.kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('x') }))
}

test('requests for KMS load no other service, and nothing that only others need', async () => {
  await encrypt()
  assert.ok(isLoaded('/src/services/kms/Encrypt.ts'))
  for (const other of ['/src/services/iam/', '/src/services/sts/', '/src/services/cloudtrail/', '/node_modules/jose/'])
    assert.ok(!isLoaded(other), other)
})

test('the first request for IAM loads it, and what verifies tokens stays away', async () => {
  await clients.iam.send(new ListUsersCommand({}))
  assert.ok(isLoaded('/src/services/iam/lists.ts'))
  assert.ok(!isLoaded('/node_modules/jose/'))
})

test('as long as no events are looked up, nothing follows the trail', { skip }, async () => {
  await encrypt()
  assert.ok(!threads().includes('follower'))
  assert.ok(!isLoaded('/src/trail/follower/worker.ts'))
  assert.ok(!existsSync(join(directory, 'history.db')))
})

test('the first lookup makes the index and the thread that keeps it', { skip }, async () => {
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'Encrypt' }]
  const { Events } = await cloudtrail.send(new LookupEventsCommand({ LookupAttributes }))
  assert.equal(Events?.length, 2)
  assert.ok(threads().includes('follower'))
  assert.ok(existsSync(join(directory, 'history.db')))
})

test('a service that cannot be loaded fails its calls, each with its record, and leaves KMS alone', async () => {
  const own = join(data, 'broken')
  await using broken = await startTrentProcess({
    mode: 'dev',
    data: own,
    nodeArgs: ['--import', NOTE],
    program: join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts'),
    env: { ...process.env, TRENT_TEST_MODULES: modules, TRENT_TEST_BROKEN: '/src/services/iam/index.ts' },
  })
  using others = clientsOf(broken, { accessKeyId: 'any', secretAccessKey: 'any' })
  for (const _ of ['first', 'second']) {
    const failed = await others.iam.send(new ListUsersCommand({})).catch((thrown) => thrown)
    assert.equal(failed.$metadata.httpStatusCode, 500)
    const [event] = await eventsOf(own, failed.$metadata.requestId)
    assert.equal(event?.errorCode, 'KMSInternalException')
    const { KeyMetadata } = await others.kms.send(new CreateKeyCommand({}))
    assert.ok(KeyMetadata?.KeyId)
  }
})
