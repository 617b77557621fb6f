import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { OPERATIONS } from '../../../src/services/kms/index.ts'
import { refusedWith, succeeded } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { keyMaker, MOMENTARY, type Setting, type Wanted } from '../../support/key-in-state.ts'
import { operationOf, requestOf } from '../../support/kms-requests.ts'
import { holdStates } from '../../support/momentary-states.ts'
import { openOutside } from '../../support/outside-store.ts'
import { newAccount, startTrent } from '../../support/trent.ts'
import { COLUMNS, type Home, KEY_STATES, type Row, VERDICTS, WITHOUT_KEY } from './key-state-table.ts'

type Cell = Wanted & { readonly form: string; readonly verdict: string }

/** Operations on a primary and its replicas, which a single-Region key refuses. */
const OF_FAMILIES = ['ReplicateKey', 'UpdatePrimaryRegion']
const HOMES: readonly Home[] = ['own', 'imported', 'stored']

function cellsOf(form: string, row: Row): readonly Cell[] {
  return HOMES.flatMap((home) => {
    const verdicts = row[home].split(' ')
    assert.equal(verdicts.length, COLUMNS[home].length, `${form}, ${home}`)
    const family = OF_FAMILIES.includes(form) ? { isFamily: true } : {}
    return COLUMNS[home].map((column, at) => ({
      fit: row.fit,
      home,
      column,
      form,
      verdict: verdicts[at] ?? '',
      ...family,
    }))
  })
}

const CELLS = Object.entries(KEY_STATES)
  .flatMap(([form, row]) => cellsOf(form, row))
  .filter(({ verdict }) => verdict !== '-')
const isMomentary = ({ column }: Wanted) => MOMENTARY.includes(column)
const nameOf = ({ fit, home, column, isFamily = false }: Wanted) =>
  `${fit} ${home} ${column} ${isFamily && !isMomentary({ fit, home, column })}`

const data = await mkdtemp(join(tmpdir(), 'trent-key-states-'))
const outside = openOutside()
const settings = new Map<string, Promise<Setting>>()

/** Keys whose states last for moments are made first, and held in them while nothing runs. */
async function prepare(): Promise<void> {
  await using trent = await startTrent('dev', { data }, outside.world)
  const maker = keyMaker(trent)
  const held: Array<Parameters<typeof holdStates>[1][number]> = []
  for (const cell of CELLS.filter(isMomentary)) {
    if (settings.has(nameOf(cell))) continue
    const setting = await maker.begin(cell)
    settings.set(nameOf(cell), Promise.resolve(setting))
    const column = cell.column === 'Creating' ? 'Creating' : 'Updating'
    held.push({ account: setting.caller.account, KeyId: setting.KeyId, column })
  }
  await trent.close()
  await holdStates(data, held)
}
await prepare()
/** One Trent has the keys whose states are held, the other all others, in memory. */
const holding = await startTrent('dev', { data }, outside.world)
const trent = await startTrent('dev', {}, outside.world)
const maker = keyMaker(trent)
for (const [name, setting] of settings)
  if (name.includes(' Creating ')) settings.set(name, setting.then(keyMaker(holding).equipped))
after(async () => {
  await trent.close()
  await holding.close()
  await rm(data, { recursive: true, force: true })
})

/** What works in a cell and changes the key's state needs a key of its own; those whose state is held have one use for it, the last. */
const CHANGES_STATE = [
  'CancelKeyDeletion',
  'DeleteImportedKeyMaterial',
  'DisableKey',
  'EnableKey',
  'ImportKeyMaterial',
  'ScheduleKeyDeletion',
  'UpdatePrimaryRegion',
]

function settingFor(cell: Cell): Promise<Setting> {
  const isSpent = cell.verdict === 'ok' && CHANGES_STATE.includes(cell.form)
  const name = nameOf(cell)
  const known = settings.get(name)
  if (known && (!isSpent || isMomentary(cell))) return known
  const made = maker.make(cell)
  if (!isSpent) settings.set(name, made)
  return made
}

const ORIGINS = { own: 'AWS_KMS', imported: 'EXTERNAL', stored: 'EXTERNAL_KEY_STORE' } as const
const stateOf = ({ column }: Wanted) => column.split(',')[0] ?? column
const inWords = (state: string) => state.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()

const isVerdict = (text: string): text is `${keyof typeof VERDICTS}` => Object.hasOwn(VERDICTS, text)

/** The refusal of a cell; nothing when the cell works. */
function refusalIn(cell: Cell, arn: string): readonly [string, string | null] | undefined {
  assert.ok(isVerdict(cell.verdict), cell.verdict)
  const refusal = VERDICTS[cell.verdict]
  if (refusal === undefined) return undefined
  const [code, text] = refusal
  if (text === null) return [code, null]
  return [code, `${arn} ${text.replace('$', inWords(stateOf(cell))).replace('@', ORIGINS[cell.home])}`]
}

/** How calls are refused that the state admits and that lack what cannot be in that state. */
const BARE: Readonly<Record<string, RegExp>> = {
  RetireGrant: /^Grant ID 0+ not found$/,
  RevokeGrant: /^Grant ID 1+ not found$/,
  RotateKeyOnDemand: /^No available key material pending rotation for the key: /,
}

const KINDS = { own: 'a key', imported: 'an imported key', stored: 'a key in a custom key store' } as const

for (const cell of CELLS) {
  const { form, verdict, home, column, fit } = cell
  const says = verdict === 'ok' || verdict === 'bare' ? 'works' : `is refused with ${verdict}`
  test(`${form} on ${KINDS[home]}${fit === 'symmetric' ? '' : ` for ${fit}`} that is ${column} ${says}`, async () => {
    const setting = await settingFor(cell)
    const at = isMomentary(cell) ? holding : trent
    const { stateOf: shown } = keyMaker(at)
    assert.equal(await shown(setting), stateOf(cell))
    const answer = await at.kms(operationOf(form), requestOf(form, setting), setting.caller)
    const refusal = refusalIn(cell, setting.Arn)
    if (verdict === 'bare') assert.match(answer.message ?? answer.text, BARE[form] ?? /^$/)
    else if (refusal === undefined) succeeded(answer)
    else refusedWith(answer, ...refusal)
    if (verdict !== 'ok') assert.equal(await shown(setting), stateOf(cell))
  })
}

test('every operation has its row in the table of key states, or takes no key', () => {
  const covered = new Set([...Object.keys(KEY_STATES).map(operationOf), ...WITHOUT_KEY])
  assert.deepEqual([...covered].sort(), OPERATIONS.map(({ name }) => name).sort())
})

const STEPS = [
  ['DisableKey', 'Disabled'],
  ['DisableKey', 'Disabled'],
  ['EnableKey', 'Enabled'],
  ['EnableKey', 'Enabled'],
  ['ScheduleKeyDeletion', 'PendingDeletion'],
  ['CancelKeyDeletion', 'Disabled'],
  ['ScheduleKeyDeletion', 'PendingDeletion'],
  ['CancelKeyDeletion', 'Disabled'],
  ['EnableKey', 'Enabled'],
] as const
test('a key goes through its states; cancelling a deletion leaves it disabled', async () => {
  const caller = { account: newAccount() }
  const { KeyId } = await createKey(trent, caller)
  for (const [operation, state] of STEPS) {
    await trent.ok(operation, { KeyId }, caller)
    const { KeyMetadata } = await trent.ok('DescribeKey', { KeyId }, caller)
    assert.deepEqual(
      [KeyMetadata.KeyState, KeyMetadata.Enabled, KeyMetadata.DeletionDate !== undefined],
      [state, state === 'Enabled', state === 'PendingDeletion'],
    )
  }
})
