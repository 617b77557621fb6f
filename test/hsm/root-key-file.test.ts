import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  fstatSync,
  mkdtempSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createEphemeralRootKey, createRootKeyFile, openKeyProcess, openRootKeyFile } from '../../src/hsm/client.ts'
import { domainKeyStore, newKey, ok, refusal } from './usable-key.ts'

const directory = mkdtempSync(join(tmpdir(), 'root-key-'))
after(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'root.key')
const created = await createRootKeyFile(path)

/** A copy of the good file, changed. */
function copy(name: string, change: (bytes: Buffer) => Uint8Array = (bytes) => bytes, mode = 0o600): string {
  const target = join(directory, name)
  writeFileSync(target, change(readFileSync(path)))
  chmodSync(target, mode)
  return target
}

test('a root key file is made for its owner only, and opens', () => {
  assert.equal(created, undefined)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const bytes = readFileSync(path)
  assert.equal(bytes.length, 48)
  assert.equal(bytes.toString('latin1', 0, 12), 'TRENTKEY\x01\0\0\0')
  using rootKey = ok(openRootKeyFile(path))
  assert.ok(rootKey.fd > 2)
})

test('no two root keys are alike', async () => {
  const other = join(directory, 'other.key')
  assert.equal(await createRootKeyFile(other), undefined)
  assert.ok(!readFileSync(other).subarray(12, 44).equals(readFileSync(path).subarray(12, 44)))
})

test('an existing root key file is never replaced', async () => {
  const before = readFileSync(path)
  assert.match(refusal(await createRootKeyFile(path)), /exists already and is not replaced$/)
  assert.deepEqual(readFileSync(path), before)
})

test('of two starts that create a root key at the same time one makes it, and the other is refused', async () => {
  const contested = join(directory, 'contested.key')
  const outcomes = await Promise.all([createRootKeyFile(contested), createRootKeyFile(contested)])
  assert.equal(outcomes.filter((outcome) => outcome === undefined).length, 1)
  using rootKey = ok(openRootKeyFile(contested))
  assert.equal(fstatSync(rootKey.fd).nlink, 1)
})

test('a root key file in a directory that is not there is refused', async () => {
  assert.match(refusal(await createRootKeyFile(join(directory, 'none', 'root.key'))), /cannot be opened: ENOENT$/)
})

for (const mode of [0o640, 0o604, 0o620, 0o601, 0o610, 0o644, 0o777])
  test(`a root key file of mode ${mode.toString(8)} is refused`, () => {
    const weak = copy('weak.key', undefined, mode)
    assert.match(refusal(openRootKeyFile(weak)), new RegExp(`by others \\(mode ${mode.toString(8)}\\); make it 600$`))
  })

for (const mode of [0o600, 0o400])
  test(`a root key file of mode ${mode.toString(8)} is opened`, () => {
    rmSync(join(directory, 'strong.key'), { force: true })
    using rootKey = ok(openRootKeyFile(copy('strong.key', undefined, mode)))
    assert.ok(rootKey.fd > 2)
  })

test('a missing root key file, a directory and a file of another length are refused', () => {
  assert.match(
    refusal(openRootKeyFile(join(directory, 'none.key'))),
    /^KMSInternalException: there is no root key file/,
  )
  assert.match(refusal(openRootKeyFile(directory)), /is not a regular file$/)
  const short = copy('short.key', (bytes) => bytes.subarray(1))
  const long = copy('long.key', (bytes) => Buffer.concat([bytes, Buffer.of(0)]))
  const empty = copy('empty.key', () => Buffer.alloc(0))
  for (const wrong of [short, long, empty]) assert.match(refusal(openRootKeyFile(wrong)), /is not 48 bytes long$/)
})

for (const at of [0, 8, 9, 12, 43, 44, 47])
  test(`a root key file whose byte ${at} is changed does not start a key process`, async () => {
    const damaged = copy('damaged.key', (bytes) => bytes.with(at, (bytes[at] ?? 0) ^ 1))
    using rootKey = ok(openRootKeyFile(damaged))
    const opened = await openKeyProcess({ rootKey, domainKeys: domainKeyStore() })
    assert.equal(refusal(opened), 'KMSInternalException: the root key file is damaged')
  })

test('a copy of the file opens the same store, another file does not', async () => {
  const domainKeys = domainKeyStore()
  using rootKey = ok(openRootKeyFile(path))
  const first = ok(await openKeyProcess({ rootKey, domainKeys }))
  await newKey(first)
  await first[Symbol.asyncDispose]()
  const backup = join(directory, 'backup.key')
  copyFileSync(path, backup)
  using restored = ok(openRootKeyFile(backup))
  await using second = ok(await openKeyProcess({ rootKey: restored, domainKeys }))
  assert.ok(second.health.alive)
  const wrong = join(directory, 'wrong.key')
  await createRootKeyFile(wrong)
  using wrongKey = ok(openRootKeyFile(wrong))
  const refused = await openKeyProcess({ rootKey: wrongKey, domainKeys })
  assert.equal(refusal(refused), 'KMSInternalException: the root key does not open this store')
})

test('an ephemeral root key is in a file without a name that a key process fills once', async () => {
  using rootKey = ok(createEphemeralRootKey())
  const bytes = () => {
    const file = Buffer.alloc(49)
    return file.subarray(0, readSync(rootKey.fd, file, 0, file.length, 0))
  }
  assert.equal(fstatSync(rootKey.fd).nlink, 0)
  assert.equal(fstatSync(rootKey.fd).mode & 0o777, 0o600)
  assert.equal(bytes().length, 0)
  const domainKeys = domainKeyStore()
  await ok(await openKeyProcess({ rootKey, domainKeys }))[Symbol.asyncDispose]()
  const filled = bytes()
  assert.equal(filled.length, 48)
  await ok(await openKeyProcess({ rootKey, domainKeys }))[Symbol.asyncDispose]()
  assert.deepEqual(bytes(), filled)
})
