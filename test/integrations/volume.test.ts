import assert from 'node:assert/strict'
import { copyFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms'
import { addKey, importToken, isFailure, killSlot, metadata, opens } from '../../src/integrations/volume/cryptsetup.ts'
import { parseHeader, tokenText } from '../../src/integrations/volume/header.ts'
import { formatVolume, openKey, rekeyVolume } from '../../src/integrations/volume/volume.ts'
import { temporaryDirectory } from '../cli/trent.ts'
import { missing } from '../support/command.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../support/principals.ts'
import { startTrent } from '../support/trent.ts'

const skip = missing('cryptsetup')
const home = temporaryDirectory()
const trent = await startTrent('dev')
const root = clientsOf(trent, { accessKeyId: 'anybody', secretAccessKey: 'x' })
const host = await newUser(root.iam, 'host', allow('kms:*'))
const { kms: client, ...asHost } = clientsOf(trent, host)
after(async () => {
  asHost[Symbol.dispose]()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})
const newKey = async () => (await root.kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
const key = await newKey()

let volumes = 0
async function newVolume() {
  const device = join(home.path, `${++volumes}.img`)
  writeFileSync(device, '')
  truncateSync(device, 20 * 2 ** 20)
  const wanted = { key, uuid: crypto.randomUUID(), context: { host: 'db1' }, force: false }
  assert.equal(await formatVolume({ client, device }, wanted), undefined)
  return { device, client, uuid: wanted.uuid }
}
async function header(device: string) {
  const read = await metadata(device)
  assert.ok(!isFailure(read))
  return parseHeader(read)
}
async function passphraseOf(device: string): Promise<Uint8Array> {
  const opened = await openKey({ client, device })
  assert.ok(!('kind' in opened), JSON.stringify(opened))
  const { tokens } = await header(device)
  assert.ok(await opens(device, tokens.at(-1)?.slot ?? 0, opened))
  return opened
}

test('the header has the ciphertext, the key and the context, and one key slot', { skip }, async () => {
  const { device, uuid } = await newVolume()
  const { tokens, slots } = await header(device)
  assert.deepEqual([tokens.length, [...slots]], [1, [0]])
  assert.deepEqual([tokens[0]?.key, tokens[0]?.context], [key, { host: 'db1', 'trent:volume': uuid }])
  assert.equal((await passphraseOf(device)).length, 64)
})

test('a token that is moved to another volume opens neither', { skip }, async () => {
  const one = await newVolume()
  const other = await newVolume()
  const [token] = (await header(one.device)).tokens
  assert.ok(token)
  const context = { ...token.context, 'trent:volume': other.uuid }
  const before = await passphraseOf(other.device)
  assert.ok(!isFailure(await importToken(other.device, tokenText({ ...token, context }))))
  assert.deepEqual(await openKey(other), before)
})

test('a new key takes the place of the old one, and the passphrase of somebody else stays', { skip }, async () => {
  const { device } = await newVolume()
  const old = await passphraseOf(device)
  const emergency = Buffer.alloc(64, 'emergency')
  assert.ok(!isFailure(await addKey(device, 7, { old, new: emergency })))
  const second = await newKey()
  assert.equal(await rekeyVolume({ client, device }, second), undefined)
  const { tokens, slots } = await header(device)
  assert.deepEqual(
    tokens.map((token) => token.key),
    [second],
  )
  assert.deepEqual([slots.size, slots.has(7), slots.has(0)], [2, true, false])
  assert.ok(!(await opens(device, tokens[0]?.slot ?? 0, old)))
  assert.ok(await opens(device, 7, emergency))
  await passphraseOf(device)
})

/** What `rekey` leaves behind where it is stopped: each of its steps, done or not. */
for (const stop of ['the key slot was added', 'the token was added', 'the old key slot was taken away'] as const)
  test(`a rekey that is stopped when ${stop} leaves a volume that opens, and can be done again`, { skip }, async () => {
    const { device } = await newVolume()
    const old = await passphraseOf(device)
    const [token] = (await header(device)).tokens
    assert.ok(token)
    const made = await client.send(
      new GenerateDataKeyCommand({ KeyId: key, NumberOfBytes: 64, EncryptionContext: token.context }),
    )
    const { Plaintext = new Uint8Array(), CiphertextBlob = new Uint8Array() } = made
    await addKey(device, 1, { old, new: Plaintext })
    if (stop !== 'the key slot was added')
      await importToken(device, tokenText({ slot: 1, key, ciphertext: CiphertextBlob, context: token.context }))
    if (stop === 'the old key slot was taken away') assert.ok(!isFailure(await killSlot(device, 0, Plaintext)))
    await passphraseOf(device)
    assert.equal(await rekeyVolume({ client, device }, undefined), undefined)
    await passphraseOf(device)
    assert.equal((await header(device)).tokens.length, 1)
  })

test('without the permission nothing of the volume changes; with it again everything works', { skip }, async () => {
  const { device } = await newVolume()
  const before = await header(device)
  copyFileSync(device, `${device}.before`)
  const put = (...statements: readonly object[]) =>
    root.iam.send(
      new PutUserPolicyCommand({ UserName: 'host', PolicyName: 'inline', PolicyDocument: policyText(...statements) }),
    )
  await put(deny('kms:*'))
  const wanted = { key, uuid: crypto.randomUUID(), context: {}, force: true }
  for (const failed of [
    await openKey({ client, device }),
    await rekeyVolume({ client, device }, undefined),
    await formatVolume({ client, device }, wanted),
  ])
    assert.ok(failed && 'code' in failed && failed.code === 'AccessDeniedException', JSON.stringify(failed))
  assert.deepEqual(await header(device), before)
  // May decrypt, but not make another key.
  await put(allow('kms:Decrypt'))
  assert.ok(await rekeyVolume({ client, device }, undefined))
  assert.deepEqual(await header(device), before)
  await put(allow('kms:*'))
  assert.equal(await rekeyVolume({ client, device }, undefined), undefined)
  await passphraseOf(device)
})
