import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hotp } from '../../../src/hsm/process/totp.ts'

const step = (number: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(number))
  return bytes
}
const SEED = Buffer.from('12345678901234567890')

/** RFC 4226, appendix D. */
const HOTP = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
for (const [counter, code] of HOTP.entries())
  test(`RFC 4226: the code of counter ${counter} is ${code}`, () => {
    assert.equal(hotp(SEED, step(counter)).toString(), code)
  })

/** RFC 6238, appendix B: the last six of the eight digits. */
const TOTP = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
] as const
for (const [seconds, code] of TOTP)
  test(`RFC 6238: the code at ${seconds} seconds is ${code}`, () => {
    assert.equal(hotp(SEED, step(Math.floor(seconds / 30))).toString(), code)
  })
