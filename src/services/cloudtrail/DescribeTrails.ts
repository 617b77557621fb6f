import { partitionOf } from '../../domain/arn.ts'
import { boolean, list, optional, structure, text } from '../../protocol/shape.ts'
import { trailArn } from '../../request/cloudtrail.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'

const Trail = structure({
  Name: optional(text()),
  S3BucketName: optional(text()),
  IncludeGlobalServiceEvents: optional(boolean()),
  IsMultiRegionTrail: optional(boolean()),
  HomeRegion: optional(text()),
  TrailARN: optional(text()),
  LogFileValidationEnabled: optional(boolean()),
  HasCustomEventSelectors: optional(boolean()),
  HasInsightSelectors: optional(boolean()),
  IsOrganizationTrail: optional(boolean()),
})

/**
 * The trail of which log files are delivered, if they are. Names that no trail has are passed over.
 *
 * Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
 */
export const DescribeTrails = operation({
  name: 'DescribeTrails',
  input: { trailNameList: optional(list(text())), includeShadowTrails: optional(boolean()) },
  output: { trailList: optional(list(Trail)) },
  errors: [],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('cloudtrail:DescribeTrails') }),
  async run({ trailNameList: names = [] }, _granted, { caller: { scope }, cloudTrail }) {
    const trail = cloudTrail.trail()
    const arn = trail && trailArn(partitionOf(trail.homeRegion), scope.account, trail)
    if (!trail || !arn || (names.length > 0 && !names.includes(trail.name) && !names.includes(arn)))
      return { output: { trailList: [] } }
    const shown = {
      Name: trail.name,
      S3BucketName: trail.bucket,
      IncludeGlobalServiceEvents: true,
      IsMultiRegionTrail: true,
      HomeRegion: trail.homeRegion,
      TrailARN: arn,
      LogFileValidationEnabled: true,
      HasCustomEventSelectors: false,
      HasInsightSelectors: false,
      IsOrganizationTrail: false,
    }
    return { output: { trailList: [shown] } }
  },
})
