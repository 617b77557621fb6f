import { isError } from '../../domain/error.ts'
import { KEY_ACTIVITY_DAYS_MAX } from '../../domain/limits.ts'
import { integer, list, structure, text, timestamp, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { keyAskedAbout, keyByIdentity } from './key-target.ts'
import * as shapes from './shapes.ts'

const DAY_MS = 86_400_000
const DAYS_DEFAULT = 14
const MS_PER_SECOND = 1_000

/** How often a key was called about in each hour of the last days, granted calls and refused ones; today is one of the days. */
export const GetKeyActivity = operation({
  name: 'GetKeyActivity',
  input: { KeyId: shapes.KeyIdType, Days: withDefault(integer(1, KEY_ACTIVITY_DAYS_MAX), DAYS_DEFAULT) },
  output: {
    KeyId: text(),
    /** The first day begins here, at midnight UTC. */
    From: timestamp(),
    /** Hours without any call are left out. */
    Hours: list(structure({ Start: timestamp(), Calls: integer() })),
  },
  errors: ['NotFoundException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => keyByIdentity('trent:GetKeyActivity', input.KeyId, find),
  async run({ KeyId, Days }, _granted, { find, clock, cloudTrail }) {
    const key = await keyAskedAbout(KeyId, find)
    if (isError(key)) return key
    const tomorrow = (Math.floor(clock.now() / DAY_MS) + 1) * DAY_MS
    const From = tomorrow - Days * DAY_MS
    const { account, region, arn } = key
    const span = { from: From / MS_PER_SECOND, to: tomorrow / MS_PER_SECOND }
    const hours = await cloudTrail.countByHour({ account, region, resource: arn, ...span })
    if (isError(hours)) return hours
    const Hours = hours.map(({ start, count }) => ({ Start: start * MS_PER_SECOND, Calls: count }))
    return { output: { KeyId: arn, From, Hours } }
  },
})
