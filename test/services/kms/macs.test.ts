import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createHmacKey, createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const SIZES = [224, 256, 384, 512] as const

for (const size of SIZES) {
  const MacAlgorithm = `HMAC_SHA_${size}`
  const key = await createHmacKey(trent, caller, size)
  const { KeyId } = key
  const generate = (Message: string, more: object = {}) =>
    trent.kms('GenerateMac', { KeyId, Message, MacAlgorithm, ...more }, caller)
  const verify = (Message: string, Mac: string) => trent.kms('VerifyMac', { KeyId, Message, MacAlgorithm, Mac }, caller)

  test(`the MAC of ${MacAlgorithm} has ${size / 8} bytes, is always the same and verifies`, async () => {
    const { output } = await generate('YQ==')
    assert.deepEqual(output, { Mac: output.Mac, MacAlgorithm, KeyId: key.Arn })
    assert.equal(Buffer.from(output.Mac, 'base64').length, size / 8)
    assert.equal((await generate('YQ==')).output.Mac, output.Mac)
    assert.deepEqual((await verify('YQ==', output.Mac)).output, { KeyId: key.Arn, MacValid: true, MacAlgorithm })
  })

  test(`a MAC of ${MacAlgorithm} with any byte changed, cut or added is refused without a message`, async () => {
    const mac = Buffer.from((await generate('YQ==')).output.Mac, 'base64')
    const wrong = [
      ...Array.from(mac, (byte, at) => Buffer.concat([mac.subarray(0, at), Buffer.of(byte ^ 1), mac.subarray(at + 1)])),
      mac.subarray(0, -1),
      Buffer.concat([mac, Buffer.alloc(1)]),
      Buffer.alloc(1),
      Buffer.alloc(6144),
    ]
    for (const changed of wrong)
      refusedWith(await verify('YQ==', changed.toString('base64')), 'KMSInvalidMacException', null)
    refusedWith(await verify('Yg==', mac.toString('base64')), 'KMSInvalidMacException', null)
  })

  test(`an HMAC_${size} key refuses every other algorithm, before it looks at the MAC`, async () => {
    for (const other of SIZES.filter((candidate) => candidate !== size)) {
      const input = { KeyId, Message: 'YQ==', MacAlgorithm: `HMAC_SHA_${other}` }
      const message = `Algorithm HMAC_SHA_${other} is incompatible with key spec HMAC_${size}.`
      refusedWith(await trent.kms('GenerateMac', input, caller), 'InvalidKeyUsageException', message)
      refusedWith(await trent.kms('VerifyMac', { ...input, Mac: 'YQ==' }, caller), 'InvalidKeyUsageException', message)
    }
  })
}

test('two keys make two MACs', async () => {
  const keys = await Promise.all([createHmacKey(trent, caller), createHmacKey(trent, caller)])
  const input = { Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }
  const macs = await Promise.all(keys.map(({ KeyId }) => trent.ok('GenerateMac', { KeyId, ...input }, caller)))
  assert.notEqual(macs[0]?.Mac, macs[1]?.Mac)
})

test('a message of 4096 bytes has a MAC', async () => {
  const { KeyId } = await createHmacKey(trent, caller)
  const input = { KeyId, Message: Buffer.alloc(4096).toString('base64'), MacAlgorithm: 'HMAC_SHA_256' }
  const { Mac } = await trent.ok('GenerateMac', input, caller)
  assert.equal((await trent.kms('VerifyMac', { ...input, Mac }, caller)).status, 200)
})

test('a symmetric key makes no MAC: its usage is reported before the algorithm', async () => {
  const { KeyId, Arn } = await createKey(trent, caller)
  const input = { KeyId, Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }
  const message = (operation: string) => `${Arn} key usage is ENCRYPT_DECRYPT which is not valid for ${operation}.`
  refusedWith(await trent.kms('GenerateMac', input, caller), 'InvalidKeyUsageException', message('GenerateMac'))
  refusedWith(
    await trent.kms('VerifyMac', { ...input, Mac: 'YQ==' }, caller),
    'InvalidKeyUsageException',
    message('VerifyMac'),
  )
})
