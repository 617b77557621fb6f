import { TRACKED_OPERATIONS } from '../../domain/key-usage.ts'
import { oneOf, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

const KeyLastUsageData = structure({
  Operation: optional(oneOf(...TRACKED_OPERATIONS)),
  Timestamp: optional(timestamp()),
  CloudTrailEventId: optional(text()),
  KmsRequestId: optional(text()),
})

/**
 * The last successful cryptographic operation with a key; without one, only since when there was none.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html
 */
export const GetKeyLastUsage = operation({
  name: 'GetKeyLastUsage',
  input: { KeyId: shapes.KeyIdType },
  output: {
    KeyId: optional(shapes.KeyIdType),
    KeyLastUsage: optional(KeyLastUsageData),
    TrackingStartDate: optional(timestamp()),
    KeyCreationDate: optional(timestamp()),
  },
  errors: ['NotFoundException', 'InvalidArnException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:GetKeyLastUsage', input.KeyId, 'refused')),
  async run(_input, { key: { key } }, { keyUsages }) {
    const usage = await keyUsages.of(key)
    return {
      output: {
        KeyId: key.arn,
        ...(usage
          ? {
              KeyLastUsage: {
                Operation: usage.operation,
                Timestamp: usage.usedAt,
                CloudTrailEventId: usage.eventId,
                KmsRequestId: usage.requestId,
              },
            }
          : {}),
        TrackingStartDate: Math.max(keyUsages.since, key.createdAt),
        KeyCreationDate: key.createdAt,
      },
    }
  },
})
