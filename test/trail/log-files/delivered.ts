import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { CloudTrailClient, ListPublicKeysCommand } from '@aws-sdk/client-cloudtrail'
import { REGION, startTrent, type TestTrent } from '../../support/trent.ts'
import { bucketOf, recordsOf } from './bucket.ts'
import type { PublicKeys } from './validator.ts'

export const BUCKET = 'audit-logs'
const WAIT_MS = 20_000

export function cloudTrailOf({ url, credentials }: TestTrent, region = REGION): CloudTrailClient {
  return new CloudTrailClient({ endpoint: url, region, credentials, maxAttempts: 1 })
}

/** The public keys as the service lists them for any time. */
export async function publicKeysOf(trent: TestTrent): Promise<PublicKeys> {
  const client = cloudTrailOf(trent)
  const range = { StartTime: new Date(0), EndTime: new Date('2100-01-01T00:00:00Z') }
  const { PublicKeyList = [] } = await client.send(new ListPublicKeysCommand(range))
  client.destroy()
  return new Map(PublicKeyList.map(({ Fingerprint = '', Value = Buffer.alloc(0) }) => [Fingerprint, Value]))
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !isSo(); await delay(50))
    if (Date.now() > end) throw new Error(`in vain: ${what}`)
}

export const temporary = () => mkdtemp(join(tmpdir(), 'trent-log-files-'))

/** An emulator that delivers to `logs`, and hours of calls in two Regions. Closed when it resolves, all is delivered. */
export async function someHours(data: string, logs: string): Promise<PublicKeys> {
  await using trent = await startTrent('dev', { data, logFiles: logs, logBucket: BUCKET })
  const regions = ['us-east-1', 'eu-central-1']
  await until('the beginning of logging', () => isBegun(join(data, 'log-files.db')))
  for (let hour = 1; hour <= 4; hour += 1) {
    for (const region of regions) {
      const { KeyMetadata } = await trent.ok('CreateKey', { Description: `of hour ${hour}` }, { region })
      await trent.ok('DescribeKey', { KeyId: parseKeyId(KeyMetadata) }, { region })
      await trent.kms('DescribeKey', { KeyId: 'alias/missing' }, { region })
    }
    await trent.control('POST', '/_trent/clock', { advance: 'PT1H' })
    const isDelivered = (region: string) =>
      recordsOf(bucketOf(logs, BUCKET)).filter(
        ({ eventName, awsRegion }) => eventName === 'CreateKey' && awsRegion === region,
      ).length === hour
    await until(`log files of hour ${hour}`, () => regions.every(isDelivered))
  }
  const keys = await publicKeysOf(trent)
  await trent.close()
  return keys
}

/** Deliveries are due some minutes after logging began, so the clock must not be moved before. */
export function isBegun(path: string): boolean {
  try {
    using db = new DatabaseSync(path, { readOnly: true })
    return db.prepare('select 1 from progress').get() !== undefined
  } catch {
    // There is no such file or table yet.
    return false
  }
}

function parseKeyId(metadata: unknown): string {
  return (metadata as { readonly KeyId: string }).KeyId
}
