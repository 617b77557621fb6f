import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCredentials } from '../../src/cli/credentials.ts'

test('the access key of a credentials file is found, whatever the line ends and the order', () => {
  const expected = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'a/b+c=' }
  assert.deepEqual(
    parseCredentials('[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = a/b+c=\n'),
    expected,
  )
  assert.deepEqual(
    parseCredentials('[default]\r\naws_secret_access_key=a/b+c=\r\naws_access_key_id=AKIAEXAMPLE\r\n'),
    expected,
  )
})

for (const text of [
  '',
  '[default]\n',
  'aws_access_key_id = A\n',
  'aws_secret_access_key = s\n',
  '# aws_access_key_id = A\naws_secret_access_key = s\n',
])
  test(`${JSON.stringify(text)} holds no access key`, () => {
    assert.equal(parseCredentials(text), undefined)
  })
