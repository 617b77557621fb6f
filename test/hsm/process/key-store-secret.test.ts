import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createDomainKeys } from '../../../src/hsm/process/domain-keys.ts'
import { openKeyStoreSecret, wrapKeyStoreSecret } from '../../../src/hsm/process/key-store-secret.ts'

const domainKeys = createDomainKeys(createSecretKey(randomBytes(32)))
for (const region of ['eu-central-1', 'us-east-1']) {
  const kept = domainKeys.make(region, Date.now())
  assert.equal(typeof kept === 'string' ? kept : domainKeys.adopt(kept), undefined)
}

const named = (over: Partial<Record<'region' | 'account' | 'keyStoreId', string>> = {}) => {
  const name = { region: 'eu-central-1', account: '111122223333', keyStoreId: 'cks-1234567890abcdef0', ...over }
  return {
    region: Buffer.from(name.region),
    account: Buffer.from(name.account),
    keyStoreId: Buffer.from(name.keyStoreId),
  }
}
const SECRET = Buffer.from('a secret of a proxy')

function wrapped(): Buffer {
  const fields = wrapKeyStoreSecret(domainKeys, named(), SECRET)
  return typeof fields === 'string' ? assert.fail(fields) : (fields[0] ?? assert.fail())
}

test('a secret opens for the store that it was wrapped for, and shows nothing before', () => {
  const bytes = wrapped()
  assert.equal(bytes.includes(SECRET), false)
  assert.deepEqual(openKeyStoreSecret(domainKeys, named(), bytes), SECRET)
})

for (const other of [{ region: 'us-east-1' }, { account: '444455556666' }, { keyStoreId: 'cks-0234567890abcdef0' }])
  test(`a secret does not open for ${JSON.stringify(other)}`, () => {
    assert.equal(openKeyStoreSecret(domainKeys, named(other), wrapped()), 'unopenable')
  })

test('a secret that was tampered with does not open', () => {
  const bytes = wrapped()
  for (const at of [0, 20, bytes.length - 1]) {
    const other = Buffer.from(bytes)
    other[at] = (other[at] ?? 0) ^ 1
    assert.notDeepEqual(openKeyStoreSecret(domainKeys, named(), other), SECRET)
  }
})

test('no secret, one that is too long, and a Region without a domain key are refused', () => {
  assert.equal(wrapKeyStoreSecret(domainKeys, named(), Buffer.alloc(0)), 'refused')
  assert.equal(wrapKeyStoreSecret(domainKeys, named(), Buffer.alloc(129)), 'refused')
  assert.equal(wrapKeyStoreSecret(domainKeys, named({ region: 'eu-west-1' }), SECRET), 'needsDomainKey')
})
