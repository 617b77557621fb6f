import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { keyMaker } from '../../support/key-in-state.ts'
import { operationOf, requestOf } from '../../support/kms-requests.ts'
import { MODEL } from '../../support/model.ts'
import { openOutside } from '../../support/outside-store.ts'
import { startTrent } from '../../support/trent.ts'
import { ANYWHERE, ELSEWHERE, fitOf, type Provocation, ROWS, type Scene } from './error-table.ts'
import { KEY_STATES, VERDICTS } from './key-state-table.ts'

const outside = openOutside()
const trent = await startTrent('dev', {}, outside.world)
after(() => trent[Symbol.asyncDispose]())
const maker = keyMaker(trent)
const scene: Scene = { trent, outside, maker }

/** What goes wrong inside of the service, which the emulator can be told to do. */
const FAULTS = ['DependencyTimeoutException', 'KMSInternalException', 'KeyUnavailableException']

const pairs = Object.entries(MODEL.operations).flatMap(([operation, { errors }]) =>
  errors.map((error) => ({ operation, error, name: `${operation} ${error}` })),
)

/** Pairs that the table of key states provokes. */
const ofStates = new Set(
  Object.entries(KEY_STATES).flatMap(([form, { own, imported, stored }]) =>
    `${own} ${imported} ${stored}`.split(' ').flatMap((verdict) => {
      const refusal = Object.entries(VERDICTS).find(([name]) => name === verdict)?.[1]
      return refusal ? [`${operationOf(form)} ${refusal[0]}`] : []
    }),
  ),
)

/** Pairs that docs/divergences.md says never to come: error, colon, operations, full stop. */
const documented = parseDocumented(readFileSync(new URL('../../../docs/divergences.md', import.meta.url), 'utf8'))

function parseDocumented(text: string): ReadonlySet<string> {
  const section = /^## Errors that never come$([\s\S]*?)(?=^## )/m.exec(text)?.[1] ?? ''
  return new Set(
    section.split(/^- /m).flatMap((line) => {
      const [error = '', operations = ''] = line.split(':')
      const names = operations.split('.')[0]?.match(/(?<=`)\w+(?=`)/g) ?? []
      return names.map((operation) => `${operation} ${error.replaceAll('`', '')}`)
    }),
  )
}

const provocationOf = ({ operation, error, name }: (typeof pairs)[number]): Provocation | undefined =>
  ROWS[operation]?.[error] ?? (ofStates.has(name) || documented.has(name) ? undefined : ANYWHERE[error])

for (const pair of pairs) {
  const { operation, error } = pair
  const provoke = FAULTS.includes(error) ? undefined : provocationOf(pair)
  if (provoke)
    test(`${operation} answers ${error}`, async () => {
      const answer = await provoke(scene, operation)
      assert.deepEqual([answer.status, answer.code], [400, error], answer.text)
    })
}

test('every operation passes on what goes wrong inside, with HTTP status 500', async () => {
  for (const { operation, error } of pairs.filter((pair) => FAULTS.includes(pair.error))) {
    const setting = await maker.make({ fit: fitOf(operation), home: 'own', column: 'Enabled' })
    const added = await trent.control('POST', '/_trent/faults', { operation, error, times: 1 })
    assert.equal(added.status, 200, added.text)
    const answer = await trent.kms(operation, requestOf(operation, setting), setting.caller)
    assert.deepEqual([answer.status, answer.code], [500, error], operation)
  }
})

test('every modelled error of every operation is provoked, or docs/divergences.md says that it never comes', () => {
  const missing = pairs.filter(
    (pair) =>
      !FAULTS.includes(pair.error) &&
      !provocationOf(pair) &&
      !ofStates.has(pair.name) &&
      !documented.has(pair.name) &&
      ELSEWHERE[pair.name] === undefined,
  )
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  )
})

test('nothing that is provoked is said never to come, and nothing else is said of errors that there are', () => {
  const known = new Set(pairs.map(({ name }) => name))
  for (const name of documented) {
    const [operation = '', error = ''] = name.split(' ')
    assert.ok(known.has(name), name)
    assert.equal(ROWS[operation]?.[error] ?? ELSEWHERE[name], undefined, name)
    assert.ok(!ofStates.has(name), name)
  }
})

test('what is provoked elsewhere is asserted there', () => {
  for (const [name, file] of Object.entries(ELSEWHERE)) {
    const [operation = '', error = ''] = name.split(' ')
    const text = readFileSync(new URL(file, import.meta.url), 'utf8')
    assert.ok(text.includes(error), `${operation}: ${file}`)
  }
})
