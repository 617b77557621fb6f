import type { Key } from '../domain/key.ts'
import { eventLine, type JsonObject } from '../trail/event.ts'

type Done = {
  readonly eventId: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly eventName: string
  readonly key: Key
  readonly serviceEventDetails?: JsonObject
  readonly requestId?: string
  /** AwsServiceEvent when absent. */
  readonly eventType?: 'AwsApiCall'
}

/** One event, as a line, of what the service did by itself. Source: CloudTrail events that KMS writes for DeleteKey and RotateKey. */
export function serviceEvent({ key, ...done }: Done): string {
  return eventLine({
    eventType: 'AwsServiceEvent',
    ...done,
    eventSource: 'kms.amazonaws.com',
    region: key.region,
    account: key.account,
    sourceIpAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    identity: { accountId: key.account, invokedBy: 'AWS Internal' },
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    resources: [{ accountId: key.account, type: 'AWS::KMS::Key', ARN: key.arn }],
  })
}
