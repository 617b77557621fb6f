import { existsSync, readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { FOLLOW_INTERVAL_MS } from '../../domain/limits.ts'
import { type HistoryBuilder, openHistoryBuilder } from '../history/builder.ts'
import { type ExporterStatus, openExporter } from '../log-files/exporter.ts'
import { openUsageBuilder, type UsageBuilder } from '../usage/builder.ts'
import { openWatchBuilder } from '../watch/builder.ts'
import { type FollowerStatus, type FromFollower, parseSetup, parseToFollower } from './messages.ts'
import { questionsOver } from './questions.ts'

/** The thread that follows the trail: it builds the index of events and delivers log files, and no call waits for it. */
const port = parentPort
if (!port) throw new TypeError('this is a program of a thread')
const post = (message: FromFollower) => port.postMessage(message)

/** On Linux a thread can have a priority of its own, and then calls come first. */
function yieldToCalls(): void {
  if (process.platform !== 'linux') return
  const [, thread] = /\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self')) ?? []
  if (thread !== undefined) setPriority(Number(thread), constants.priority.PRIORITY_LOW)
}

const { segments, history: historyPath, usage: usagePath, watch: watchPath, logFiles } = parseSetup(workerData)
const questions = questionsOver(post)
const waiting: { readonly id: number; readonly batch: number }[] = []
let isStopping = false
let wake: () => void = () => undefined

port.on('message', (data) => {
  const message = parseToFollower(data)
  if (message.kind === 'reply') return questions.take(message.id, message.reply)
  if (message.kind === 'reach') waiting.push(message)
  else isStopping = true
  wake()
})

/** Until the next round is due or somebody waits for it. */
function pause(): Promise<void> {
  if (isStopping || waiting.length > 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FOLLOW_INTERVAL_MS)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

yieldToCalls()
/** Both are made when somebody first asks for them, and then kept up. Usage is first asked for by another process. */
let history: HistoryBuilder | undefined
let usage: UsageBuilder | undefined
function openWanted(): void {
  if (waiting.length > 0 || existsSync(historyPath)) history ??= openHistoryBuilder(historyPath)
  if (existsSync(usagePath)) usage ??= openUsageBuilder(usagePath)
}
using watch = watchPath === undefined ? undefined : openWatchBuilder(watchPath)
using exporter = logFiles && openExporter({ ...logFiles, segments, signer: questions })
let last = ''

function tell(problem?: string): void {
  const exported: ExporterStatus | undefined = exporter?.status()
  const status: FollowerStatus = {
    ...(history ? { historyBatch: history.position.batch } : {}),
    ...(exported ? { logFiles: exported } : {}),
    ...(problem === undefined ? {} : { problem }),
  }
  const text = JSON.stringify(status)
  if (text !== last) post({ kind: 'status', status })
  last = text
}

function answerReached(): void {
  for (const [index, { id, batch }] of [...waiting.entries()].reverse())
    if (history && history.position.batch >= batch) {
      waiting.splice(index, 1)
      post({ kind: 'reached', id })
    }
}

async function round(): Promise<void> {
  const moment = await questions.moment()
  openWanted()
  await watch?.follow(segments, moment.head)
  await history?.follow(segments, moment.head, moment.now)
  answerReached()
  history?.prune(moment.now)
  // A trail that has to be counted from its beginning must not keep lookups waiting.
  await usage?.follow(segments, moment.head, { isInterrupted: () => isStopping || waiting.length > 0 })
  if (isStopping) await exporter?.finish(moment)
  else await exporter?.tick(moment)
}

const messageOf = (cause: unknown) => (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause))

for (let isLast = false; !isLast; ) {
  isLast = isStopping
  try {
    await round()
    tell()
  } catch (cause) {
    // Reported, and tried again with the next round: what failed may be a full disk.
    tell(messageOf(cause))
    waiting.length = 0
    if (!isStopping) await new Promise((resolve) => setTimeout(resolve, FOLLOW_INTERVAL_MS))
  }
  if (!isLast) await pause()
}
history?.[Symbol.dispose]()
usage?.[Symbol.dispose]()
port.close()
