import type { Service } from '../../request/operation.ts'
import { DescribeTrails } from './DescribeTrails.ts'
import { GetTrailStatus } from './GetTrailStatus.ts'
import { ListPublicKeys } from './ListPublicKeys.ts'
import { LookupEvents } from './LookupEvents.ts'

/** AWS CloudTrail, API version 2013-11-01. */
export const cloudtrail: Service = {
  name: 'cloudtrail',
  eventSource: 'cloudtrail.amazonaws.com',
  protocol: 'json',
  targetPrefix: 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101',
  targetAlias: 'CloudTrail_20131101',
  operations: new Map(
    [DescribeTrails, GetTrailStatus, ListPublicKeys, LookupEvents].map((operation) => [operation.name, operation]),
  ),
}
