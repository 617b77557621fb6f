import { keyArn, parseRegion, type Region } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Key } from '../../domain/key.ts'
import { refuseUnlessPrimary } from '../../domain/multi-region.ts'
import type { Members } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { Change } from '../../request/ports.ts'
import { primaryChangeDuty } from '../../request/primary-change.ts'
import { relatedKeys } from '../../request/related-keys.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

const INPUT = { KeyId: shapes.KeyIdType, PrimaryRegion: shapes.RegionType } as const satisfies Members

/**
 * Makes a replica the primary, and the primary a replica. Both are updating, and can be used, until a duty of the service has
 * exchanged their parts. Asked again meanwhile, the last answer counts.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html
 */
export const UpdatePrimaryRegion = operation({
  name: 'UpdatePrimaryRegion',
  input: INPUT,
  errors: [
    'DisabledException',
    'InvalidArnException',
    'KMSInvalidStateException',
    'NotFoundException',
    'UnsupportedOperationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'crypto',
  event: { response: 'arn' },

  /** The caller needs the permission on both keys, each by its own key policy; a replica that is none is refused later. */
  async targets(input, find) {
    const key = await find.key('kms:UpdatePrimaryRegion', input.KeyId, 'refused')
    if (isError(key)) return key
    const region = parseRegion(input.PrimaryRegion)
    const isRelated = region && key.key.related?.replicas.includes(region) && region !== key.key.region
    const replica = isRelated ? await find.related('kms:UpdatePrimaryRegion', key.key, region) : undefined
    return replica ? { key, replica } : { key }
  },
  conditions: (input) => ({ 'kms:PrimaryRegion': input.PrimaryRegion }),
  compare: (input, { key: { key } }) => refuseUnlessPrimary(key) ?? refuseRegion(key, input.PrimaryRegion),

  async run(input, granted, call) {
    const { key: primary } = granted.key
    const replica = 'replica' in granted ? granted.replica.key : undefined
    if (!replica) return notReplicated(primary, input.PrimaryRegion)
    if (!call.serves(replica.region))
      return error('UnsupportedOperationException', `The Region ${replica.region} is not served.`)
    if (primary.state.name === 'Updating' && primary.state.primaryRegion === replica.region) return { output: {} }
    const state = { name: 'Updating', primaryRegion: replica.region } as const
    const value = { KeyId: replica.arn, PrimaryRegion: input.PrimaryRegion }
    return {
      output: {},
      changes: [
        { kind: 'update-key', key: nextRevision(primary, { state }) },
        { kind: 'update-key', key: nextRevision(replica, { state }) },
        ...passedOver(await relatedKeys(call.store, primary), replica.region),
        { kind: 'put-duty', duty: primaryChangeDuty(primary, call.clock.now()) },
      ],
      elsewhere: [{ eventName: 'UpdatePrimaryRegion', key: replica, request: { members: INPUT, value } }],
    }
  },
})

function refuseRegion(primary: Key, region: string): ServiceError | undefined {
  if (region === primary.region)
    return error('UnsupportedOperationException', `${primary.arn} is the primary key already.`)
  return primary.related?.replicas.some((replica) => replica === region) ? undefined : notReplicated(primary, region)
}

function notReplicated({ account, keyId }: Key, named: string): ServiceError {
  const region = parseRegion(named)
  const arn = region ? keyArn({ account, region }, keyId) : named
  return error('NotFoundException', `Key '${arn}' does not exist`)
}

/** The replica that was to become the primary before another one was named. */
function passedOver(related: readonly Key[], chosen: Region): readonly Change[] {
  return related
    .filter(({ region, state }) => region !== chosen && state.name === 'Updating')
    .map((key) => ({ kind: 'update-key', key: nextRevision(key, { state: { name: 'Enabled' } }) }))
}
