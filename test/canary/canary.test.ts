import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { emulatorScene, type Scene, serviceScene } from './scene.ts'
import { openSearch, type Secret, searchFiles } from './search.ts'

const scratch = mkdtempSync(join(tmpdir(), 'trent-canary-'))
after(() => rmSync(scratch, { recursive: true }))
const directory = (name: string) => mkdtempSync(join(scratch, `${name}-`))

/** Files that hold a secret because they are made for it. */
const KEEPERS = ['root.key', 'credentials']

function foundInFiles({ data }: Scene, secrets: readonly Secret[]): readonly string[] {
  const search = openSearch(secrets)
  searchFiles(search, data, KEEPERS)
  return [...search.findings]
}

function foundIn(place: string, bytes: Buffer, secrets: readonly Secret[]): readonly string[] {
  const search = openSearch(secrets)
  search.in(place, bytes)
  return [...search.findings]
}

const SCENES: ReadonlyArray<readonly [string, Scene]> = [
  ['the service', await serviceScene(directory('service'), directory('snapshots'))],
  ['the emulator', await emulatorScene(directory('emulator'), directory('snapshots'))],
]

for (const [name, scene] of SCENES) {
  const all = [...scene.inside, ...scene.passing]

  test(`${name} leaves no secret in its data directory`, () => {
    assert.deepEqual(foundInFiles(scene, all), [])
  })

  test(`${name} leaves no secret in what it prints`, () => {
    assert.deepEqual(foundIn('output', Buffer.from(scene.output), all), [])
  })

  test(`${name} tells no secret in a refusal`, () => {
    for (const { status, text } of scene.refusals) {
      assert.notEqual(status, 200)
      assert.deepEqual(foundIn(text, Buffer.from(text), all), [])
    }
  })

  test(`${name} keeps no secret on the heap of its API process`, () => {
    assert.deepEqual(foundIn('the heap', scene.snapshot, all), [])
  })

  test(`${name} never has a key in the memory of its API process`, { skip: notLinux() }, () => {
    const found = [...scene.memory.findings].filter((finding) => !finding.startsWith(scene.control.name))
    assert.deepEqual(found, [])
  })

  test(`the search through ${name} finds what its API process does hold`, { skip: notLinux() }, () => {
    assert.ok(scene.memoryBytes > 10_000_000)
    assert.ok([...scene.memory.findings].some((finding) => finding.startsWith(`${scene.control.name} (raw)`)))
    assert.ok(scene.snapshot.includes(scene.accessKeyId))
  })
}

function notLinux(): string | false {
  return process.platform === 'linux' ? false : 'only Linux shows the memory of a process as a file'
}

const secret = { name: 'canary', bytes: randomBytes(32) }
const WRITTEN: ReadonlyArray<readonly [form: string, write: (bytes: Buffer) => Buffer]> = [
  ['as it is', (bytes) => bytes],
  ['in hex', (bytes) => Buffer.from(bytes.toString('hex'))],
  ['in capital hex', (bytes) => Buffer.from(bytes.toString('hex').toUpperCase())],
  ['in base64', (bytes) => Buffer.from(bytes.toString('base64'))],
  ['in base64url', (bytes) => Buffer.from(bytes.toString('base64url'))],
  ['in base64 in UTF-16', (bytes) => Buffer.from(bytes.toString('base64'), 'utf16le')],
  ['as a list of numbers', (bytes) => Buffer.from(JSON.stringify(bytes))],
]
for (const [form, write] of WRITTEN)
  for (const before of [0, 1, 2])
    test(`a secret is found ${form} with ${before} bytes before it`, () => {
      const longer = Buffer.concat([randomBytes(before), secret.bytes, randomBytes(5)])
      const place = Buffer.concat([randomBytes(100), write(longer), randomBytes(100)])
      assert.notEqual(foundIn('place', place, [secret]).length, 0)
    })

test('another secret is not found', () => {
  assert.deepEqual(foundIn('place', randomBytes(100_000), [secret]), [])
})
