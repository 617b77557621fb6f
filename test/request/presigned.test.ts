import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { presignRequest } from '../../src/sigv4/sign.ts'
import { REGION, startTrent } from '../support/trent.ts'

const trent = await startTrent('serve')
after(() => trent.close())
const { accessKeyId, secretAccessKey } = trent.credentials

type Presigning = { readonly secret?: string; readonly time?: number; readonly service?: string }

function presigned({ secret = secretAccessKey, time = Date.now(), service = 'sts' }: Presigning = {}): string {
  const unsigned = {
    method: 'GET',
    path: '/',
    rawQuery: 'Action=GetCallerIdentity&Version=2011-06-15',
    rawHeaders: ['host', new URL(trent.url).host],
    body: new Uint8Array(),
  }
  return presignRequest(unsigned, { accessKeyId, secret, region: REGION, service, time }, 60).rawQuery
}

const get = (query: string) => trent.send({ method: 'GET', path: `/?${query}` })

test('a presigned GetCallerIdentity answers the root user', async () => {
  const answer = await get(presigned())
  assert.equal(answer.status, 200)
  assert.match(answer.text, new RegExp(`<Arn>arn:aws:iam::${trent.account}:root</Arn>`))
})

const refused: ReadonlyArray<readonly [string, () => string, string]> = [
  ['signed with another secret', () => presigned({ secret: 'x'.repeat(40) }), 'SignatureDoesNotMatch'],
  ['for another service', () => presigned({ service: 'kms' }), 'SignatureDoesNotMatch'],
  ['that has expired', () => presigned({ time: Date.now() - 3_600_000 }), 'SignatureDoesNotMatch'],
  ['with a changed action', () => presigned().replace('2011-06-15', '2011-06-16'), 'SignatureDoesNotMatch'],
  [
    'with a changed signature',
    () => presigned().replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    'SignatureDoesNotMatch',
  ],
  ['without a signature', () => 'Action=GetCallerIdentity&Version=2011-06-15', 'MissingAuthenticationToken'],
]
for (const [what, query, code] of refused)
  test(`a request ${what} is refused with ${code}`, async () => {
    const answer = await get(query())
    assert.equal(answer.status, 403)
    assert.match(answer.text, new RegExp(`<Code>${code}</Code>`))
  })
