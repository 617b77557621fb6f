import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith, succeeded } from '../../support/answer.ts'
import { EXTERNAL_STORE } from '../../support/kms-requests.ts'
import { connectedStore, disconnect, openOutside, reaches } from '../../support/outside-store.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const outside = openOutside()
const trent = await startTrent('dev', {}, outside.world)
after(() => trent[Symbol.asyncDispose]())

const STATES = ['CONNECTED', 'CONNECTING', 'FAILED', 'DISCONNECTING', 'DISCONNECTED'] as const
type State = (typeof STATES)[number]

const CLOUD_HSM = {
  CustomKeyStoreType: 'AWS_CLOUDHSM',
  CloudHsmClusterId: 'cluster-2abcdefghijk',
  TrustAnchorCertificate: 'certificate',
  KeyStorePassword: 'password',
}

const onlyStore = (CustomKeyStoreId: string): object => ({ CustomKeyStoreId })
const changes = (change: object) => (CustomKeyStoreId: string) => ({ CustomKeyStoreId, ...change })
const XKS_KEY = { Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'new' }

type Row = readonly [
  operation: string,
  store: object,
  /** One for each state: whether it works. */
  works: string,
  input: (CustomKeyStoreId: string) => object,
  note?: string,
]

/** Source: connection states of custom key stores in the KMS developer guide. */
const TABLE: readonly Row[] = [
  ['ConnectCustomKeyStore', EXTERNAL_STORE, 'yes yes no no yes', onlyStore],
  ['DisconnectCustomKeyStore', EXTERNAL_STORE, 'yes yes yes no no', onlyStore],
  ['DeleteCustomKeyStore', EXTERNAL_STORE, 'no no no no yes', onlyStore],
  ['DescribeCustomKeyStores', EXTERNAL_STORE, 'yes yes yes yes yes', onlyStore],
  ['UpdateCustomKeyStore', EXTERNAL_STORE, 'yes no no no yes', changes({ NewCustomKeyStoreName: 'two' }), 'by name'],
  [
    'UpdateCustomKeyStore',
    EXTERNAL_STORE,
    'yes no no no yes',
    changes({ XksProxyUriPath: '/two/kms/xks/v1' }),
    'by path',
  ],
  [
    'UpdateCustomKeyStore',
    EXTERNAL_STORE,
    'yes no no no yes',
    changes({ XksProxyAuthenticationCredential: EXTERNAL_STORE.XksProxyAuthenticationCredential }),
    'by credential',
  ],
  [
    'UpdateCustomKeyStore',
    EXTERNAL_STORE,
    'no no no no yes',
    changes({ XksProxyUriEndpoint: 'https://other.example.com' }),
    'by endpoint',
  ],
  ['UpdateCustomKeyStore', CLOUD_HSM, 'yes no no no yes', changes({ NewCustomKeyStoreName: 'two' }), 'by name'],
  ['UpdateCustomKeyStore', CLOUD_HSM, 'no no no no yes', changes({ KeyStorePassword: 'another' }), 'by password'],
  ['CreateKey', EXTERNAL_STORE, 'yes no no no no', changes(XKS_KEY), 'in an external key store'],
  ['CreateKey', CLOUD_HSM, 'yes no no no no', changes({ Origin: 'AWS_CLOUDHSM' }), 'in a cluster'],
  ['GenerateRandom', CLOUD_HSM, 'yes no no no no', changes({ NumberOfBytes: 8 })],
]

/** A store in that state of its connection; `release` lets the world outside answer. */
async function storeIn(state: State, store: object) {
  const caller = { account: newAccount() }
  const id = await connectedStore(trent, caller, store)
  const call = (operation: string) => trent.ok(operation, { CustomKeyStoreId: id }, caller)
  if (state === 'CONNECTED') return { caller, id, release: () => undefined }
  if (state === 'DISCONNECTING') {
    const release = outside.hold('disconnect')
    await call('DisconnectCustomKeyStore')
    return { caller, id, release }
  }
  await disconnect(trent, caller, id)
  if (state === 'DISCONNECTED') return { caller, id, release: () => undefined }
  const release = outside.hold('connect')
  if (state === 'FAILED') outside.answers.connect = 'INTERNAL_ERROR'
  await call('ConnectCustomKeyStore')
  if (state === 'CONNECTING') return { caller, id, release }
  release()
  await reaches(trent, caller, id, 'FAILED')
  outside.answers.connect = 'connected'
  return { caller, id, release }
}

for (const [operation, store, row, input, note] of TABLE)
  for (const [at, state] of STATES.entries()) {
    const works = row.split(' ')[at] === 'yes'
    const what = `${operation}${note ? ` ${note}` : ''}`
    test(`${what} with a store that is ${state} ${works ? 'works' : 'is refused'}`, async () => {
      const { caller, id, release } = await storeIn(state, store)
      await reaches(trent, caller, id, state)
      const answer = await trent.kms(operation, input(id), caller)
      if (works) succeeded(answer)
      else {
        refusedWith(
          answer,
          'CustomKeyStoreInvalidStateException',
          new RegExp(`^The custom key store ${id} is ${state}: `),
        )
        await reaches(trent, caller, id, state)
      }
      release()
    })
  }

test('each row of the table has a cell for every state', () => {
  for (const [operation, , row] of TABLE) assert.equal(row.split(' ').length, STATES.length, operation)
})
