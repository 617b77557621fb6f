import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms'

const ALIAS = /(^|:)alias\//

/** A key id or ARN as most operations take it: they know no aliases. Source: their API pages, KeyId. */
export async function keyIdOf(client: KMSClient, key: string): Promise<string> {
  if (!ALIAS.test(key)) return key
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: key }))
  return KeyMetadata?.KeyId ?? key
}
