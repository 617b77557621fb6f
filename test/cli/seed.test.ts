import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DescribeKeyCommand, KMSClient, ListAliasesCommand } from '@aws-sdk/client-kms'
import { configure, isMisconfiguration } from '../../src/config.ts'
import { start } from '../../src/main.ts'
import { ownAliases } from '../support/own-aliases.ts'

const KEY_ID = 'bc436485-5092-42b8-92a3-0aa8b93536dc'
const SEED = `Keys:
  Symmetric:
    Aes:
      - Metadata:
          KeyId: ${KEY_ID}
        BackingKeys:
          - 34743777217A25432A46294A404E635266556A586E3272357538782F413F4428
Aliases:
  - AliasName: alias/testing
    TargetKeyId: ${KEY_ID}
`

async function startSeeded(directory: string, text: string) {
  const seed = join(directory, 'seed.yaml')
  await writeFile(seed, text)
  const config = configure('dev', { port: '0', seed, data: join(directory, 'data'), account: '111122223333' })
  assert.ok(!isMisconfiguration(config))
  return start(config)
}

async function temporary(run: (directory: string) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), 'trent-seed-'))
  await run(directory).finally(() => rm(directory, { recursive: true }))
}

test('keys and aliases of the seed are there, and a second start on the same data leaves them', () =>
  temporary(async (directory) => {
    for (const round of [1, 2]) {
      const running = await startSeeded(directory, SEED)
      assert.ok(!('kind' in running), `start ${round}`)
      await using _closed = running
      const client = new KMSClient({
        endpoint: running.url,
        region: 'us-east-1',
        credentials: { accessKeyId: 'anyone', secretAccessKey: 'any' },
      })
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/testing' }))
      assert.equal(KeyMetadata?.Arn, `arn:aws:kms:us-east-1:111122223333:key/${KEY_ID}`)
      const { Aliases } = await client.send(new ListAliasesCommand({}))
      assert.equal(ownAliases(Aliases).length, 1)
      client.destroy()
    }
  }))

test('a seed that names no key id stops the start with one line', () =>
  temporary(async (directory) => {
    const failure = await startSeeded(directory, SEED.replaceAll(KEY_ID, 'not-a-key-id'))
    assert.ok('kind' in failure)
    assert.match(failure.message, /^the seed file cannot be used: CreateKey answered [^\n]+$/)
  }))

test('a seed file that cannot be read as one opens nothing', () =>
  temporary(async (directory) => {
    const failure = await startSeeded(directory, 'Keys: [')
    assert.ok('kind' in failure)
    assert.deepEqual(await readdir(directory), ['seed.yaml'])
  }))
