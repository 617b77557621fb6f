import { partitionOf } from '../../domain/arn.ts'
import { error } from '../../domain/error.ts'
import { boolean, optional, text, timestamp } from '../../protocol/shape.ts'
import { trailArn } from '../../request/cloudtrail.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'

/**
 * Whether log files are delivered, when they last were, and why they are not.
 *
 * Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
 */
export const GetTrailStatus = operation({
  name: 'GetTrailStatus',
  input: { Name: text() },
  output: {
    IsLogging: optional(boolean()),
    LatestDeliveryError: optional(text()),
    LatestDeliveryTime: optional(timestamp()),
  },
  errors: ['TrailNotFoundException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('cloudtrail:GetTrailStatus') }),
  async run({ Name }, _granted, { caller: { scope }, cloudTrail }) {
    const trail = cloudTrail.trail()
    const isKnown =
      trail && (Name === trail.name || Name === trailArn(partitionOf(trail.homeRegion), scope.account, trail))
    if (!isKnown) return error('TrailNotFoundException', `Unknown trail: ${Name} for the user: ${scope.account}`)
    return {
      output: {
        IsLogging: true,
        ...(trail.problem === undefined ? {} : { LatestDeliveryError: trail.problem }),
        ...(trail.deliveredAt === undefined ? {} : { LatestDeliveryTime: trail.deliveredAt }),
      },
    }
  },
})
