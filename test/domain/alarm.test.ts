import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judged, type MissingData, reasonOf } from '../../src/domain/alarm.ts'

const STATE = { value: 'OK', reason: '', updatedAt: 0 } as const
const rule = (evaluationPeriods: number, datapointsToAlarm: number | undefined, missingData: MissingData) => ({
  evaluationPeriods,
  threshold: 1,
  comparison: 'GreaterThanOrEqualToThreshold' as const,
  missingData,
  state: STATE,
  ...(datapointsToAlarm === undefined ? {} : { datapointsToAlarm }),
})
/** `0` in order, `X` breaching, `-` missing. */
const values = (text: string) => text.split(' ').map((mark) => (mark === '-' ? undefined : mark === 'X' ? 1 : 0))

/** Source: CloudWatch user guide, how alarm state is evaluated when data is missing: both tables, in its order of columns. */
const TABLES = [
  [3, undefined, '0 - X - X', 'OK', 'OK', 'OK', 'OK'],
  [3, undefined, '0 - - - -', 'OK', 'OK', 'OK', 'OK'],
  [3, undefined, '- - - - -', 'INSUFFICIENT_DATA', undefined, 'ALARM', 'OK'],
  [3, undefined, '0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [3, undefined, '- - X - -', 'ALARM', undefined, 'ALARM', 'OK'],
  [3, 2, '0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [3, 2, '0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  [3, 2, '0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
  [3, 2, '- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
  [3, 2, '- - - X -', 'ALARM', undefined, 'ALARM', 'OK'],
] as const
const COLUMNS = ['missing', 'ignore', 'breaching', 'notBreaching'] as const

for (const [periods, wanted, text, ...states] of TABLES)
  for (const [at, missingData] of COLUMNS.entries())
    test(`${wanted ?? periods} of ${periods} with ${text}, missing data ${missingData}: ${states[at] ?? 'the state stays'}`, () => {
      assert.equal(judged(rule(periods, wanted, missingData), values(text)), states[at])
    })

const COMPARED = [
  ['GreaterThanOrEqualToThreshold', ['OK', 'ALARM', 'ALARM']],
  ['GreaterThanThreshold', ['OK', 'OK', 'ALARM']],
  ['LessThanThreshold', ['ALARM', 'OK', 'OK']],
  ['LessThanOrEqualToThreshold', ['ALARM', 'ALARM', 'OK']],
] as const
for (const [comparison, states] of COMPARED)
  test(`${comparison} compares below, at and above the threshold`, () => {
    const compared = { ...rule(1, undefined, 'missing'), comparison }
    assert.deepEqual(
      [0.5, 1, 1.5].map((value) => judged(compared, [value])),
      states,
    )
  })

test('the reason tells the data points and the threshold in words', () => {
  const one = { ...rule(1, undefined, 'missing'), comparison: 'GreaterThanThreshold' as const }
  assert.equal(
    reasonOf(one, 'ALARM', [5]),
    'Threshold Crossed: 1 datapoint [5.0] was greater than the threshold (1.0).',
  )
  assert.equal(
    reasonOf(one, 'OK', [0.5]),
    'Threshold Crossed: 1 datapoint [0.5] was not greater than the threshold (1.0).',
  )
  assert.equal(reasonOf(one, 'INSUFFICIENT_DATA', [undefined]), 'Insufficient Data: 1 datapoint was unknown.')
  assert.equal(
    reasonOf({ ...one, evaluationPeriods: 2 }, 'ALARM', [undefined, undefined]),
    'Threshold Crossed: no datapoints were received for 2 periods and 2 datapoints of them were treated as [Breaching].',
  )
})
