import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { cloudWatchOf } from '../../support/cloudwatch.ts'
import { createKey } from '../../support/key.ts'
import { startTrent } from '../../support/trent.ts'

test('an emulator that keeps nothing counts calls as well, at the time of its clock, until it is reset', async () => {
  await using trent = await startTrent('dev')
  const client = cloudWatchOf(trent, { accessKeyId: '123456789012', secretAccessKey: 'x' })
  const requests = async () => {
    const now = Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now)
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Trent',
        MetricName: 'Requests',
        Dimensions: [
          { Name: 'Operation', Value: 'CreateKey' },
          { Name: 'Service', Value: 'kms' },
        ],
        StartTime: new Date(now - 600_000),
        EndTime: new Date(now + 60_000),
        Period: 3_600,
        Statistics: ['Sum'],
      }),
    )
    return Datapoints.map(({ Sum }) => Sum)
  }
  const caller = { account: '123456789012' }
  await createKey(trent, caller)
  assert.deepEqual(await requests(), [1])
  await createKey(trent, caller)
  assert.deepEqual(await requests(), [2])
  await trent.control('POST', '/_trent/clock', { advance: 'P1D' })
  assert.deepEqual(await requests(), [])
  await createKey(trent, caller)
  assert.deepEqual(await requests(), [1])
  await trent.control('POST', '/_trent/reset')
  assert.deepEqual(await requests(), [])
  client.destroy()
})
