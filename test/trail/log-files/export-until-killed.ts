/** Writes a trail and delivers its log files without end, at a clock that runs fast. It is killed by the test. */

import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isError } from '../../../src/domain/error.ts'
import { openExporter } from '../../../src/trail/log-files/exporter.ts'
import { openTrail } from '../../../src/trail/segments.ts'

const [, , root = '', logs = '', run = '0', mode = '', began = '0'] = process.argv
const anchorPath = join(root, 'anchor')
const anchor = {
  load: () => readFile(anchorPath, 'utf8').catch(() => undefined),
  async save(text: string) {
    await writeFile(`${anchorPath}.tmp`, text, { flush: true })
    await rename(`${anchorPath}.tmp`, anchorPath)
  },
}
/** Two hours a second, so that there are many deliveries and digests. */
const now = () => 1_800_000_000_000 + (Date.now() - Number(began)) * 7_200
const warn = (message: string, cause: unknown) => process.stderr.write(`${message}: ${cause}\n`)
const segments = join(root, 'trail')
const opened = await openTrail({ directory: segments, now, anchor, warn, segmentMaxBytes: 20_000 })
if (isError(opened)) throw new Error(`${opened.message}: ${opened.cause}`)
const trail = opened

const key = createPrivateKey(readFileSync(join(root, 'key.pem')))
const home = { account: '111122223333', region: 'us-east-1' }
const exporter = openExporter({
  segments,
  begin: { segment: 0, batch: 0 },
  state: join(root, 'log-files.db'),
  outlet: { directory: logs, bucket: 'audit-logs' },
  trail: { name: 'trent', homeRegion: home.region },
  home,
  places: [home],
  signer: {
    keyAt: async () => 'f'.repeat(32),
    sign: async (_fingerprint, text) => sign('sha256', Buffer.from(text), key).toString('hex'),
  },
})

let count = 0
async function append(): Promise<void> {
  count += 1
  const line = JSON.stringify({
    eventVersion: '1.11',
    eventTime: `${new Date(now()).toISOString().slice(0, 19)}Z`,
    eventID: `${run}-${count}`,
    awsRegion: count % 3 === 0 ? 'eu-central-1' : 'us-east-1',
    recipientAccountId: home.account,
  })
  const problem = await trail.append(line)
  if (isError(problem)) throw new Error(`${problem.message}: ${problem.cause}`)
}

const moment = () => ({ head: trail.head, now: now() })
writeSync(1, 'ready\n')
while (mode !== 'finish') {
  await Promise.all(Array.from({ length: 7 }, append))
  await exporter.tick(moment())
}
await exporter.finish(moment())
await trail.close()
exporter[Symbol.dispose]()
