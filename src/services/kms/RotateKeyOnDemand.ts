import { refuseReplica } from '../../domain/multi-region.ts'
import { NEVER_ROTATED, nothingToRotateTo, refuseOnDemand, refuseUnrotatableOnDemand } from '../../domain/rotation.ts'
import { optional } from '../../protocol/shape.ts'
import { isPendingEverywhere } from '../../request/imported-material.ts'
import { rotationChanges } from '../../request/key-rotation.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Begins a rotation now. It is a duty of the service, which is done before the call is answered unless that fails, and then
 * tried again; the schedule of automatic rotation stays as it is. A key with imported material rotates to the one that waits.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
 */
export const RotateKeyOnDemand = operation({
  name: 'RotateKeyOnDemand',
  input: { KeyId: shapes.KeyIdType },
  output: { KeyId: optional(shapes.KeyIdType) },
  errors: [
    'NotFoundException',
    'DisabledException',
    'InvalidArnException',
    'KMSInvalidStateException',
    'UnsupportedOperationException',
    'LimitExceededException',
    'ConflictException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'rotatable',
  event: { response: 'output' },
  targets: (input, find) => onlyKey(find.key('kms:RotateKeyOnDemand', input.KeyId, 'refused')),
  async run(_input, { key: { key: was } }, call) {
    const now = call.clock.now()
    const refused = refuseUnrotatableOnDemand(was) ?? refuseReplica(was) ?? refuseOnDemand(was, now)
    if (refused) return refused
    if (was.origin === 'EXTERNAL' && !(await isPendingEverywhere(call.store, was))) return nothingToRotateTo(was)
    const before = was.rotation ?? NEVER_ROTATED
    const rotation = { ...before, onDemandCount: before.onDemandCount + 1, onDemandStartedAt: now }
    const key = nextRevision(was, { rotation })
    return { output: { KeyId: key.arn }, changes: await rotationChanges(call.store, key) }
  },
})
