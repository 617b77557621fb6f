import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { Signer } from './principals.ts'
import { REGION, type TestTrent } from './trent.ts'

/** The SDK's client of CloudWatch. */
export function cloudWatchOf(
  { url }: Pick<TestTrent, 'url'>,
  credentials: Signer,
  region: string = REGION,
): CloudWatchClient {
  const { accessKeyId, secretAccessKey } = credentials
  return new CloudWatchClient({ endpoint: url, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 })
}
