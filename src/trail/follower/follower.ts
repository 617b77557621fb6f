import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { FOLLOWER_RESTART_MS, FOLLOWER_STOP_MS, HISTORY_WAIT_MS } from '../../domain/limits.ts'
import type { DigestSigner } from '../log-files/digest.ts'
import type { Moment } from '../log-files/exporter.ts'
import {
  type FollowerSetup,
  type FollowerStatus,
  type FromFollower,
  parseFromFollower,
  type Question,
  type Reply,
  type ToFollower,
} from './messages.ts'

/** Sources in a checkout, JavaScript in an installed package. */
const PROGRAM = join(import.meta.dirname, `worker${extname(import.meta.filename)}`)

/** Megabytes of objects that the thread may keep: one delivery and the index's caches, several times over. */
const MEMORY_MAX_MB = 512

export type FollowerParts = {
  readonly setup: FollowerSetup
  readonly moment: () => Moment
  readonly signer: DigestSigner
  readonly warn: (message: string, cause: unknown) => void
  /**
   * Milliseconds before the thread starts by itself: it should not slow down the start of the service. Absent: only when
   * somebody waits for it.
   */
  readonly delayMs?: number
}

/** A thread behind the trail. */
export type Follower = {
  /** Resolves when the index has every event that is durable now, or after a while. */
  reach(): Promise<void>
  /** Nothing before its first round. */
  readonly status: FollowerStatus | undefined
  /** Delivers the last log files and ends the thread. */
  close(): Promise<void>
}

type Running = { readonly worker: Worker; readonly ended: Promise<void>; readonly reached: Map<number, () => void> }

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

async function answer({ moment, signer }: FollowerParts, question: Question): Promise<Reply> {
  try {
    if (question.about === 'moment') return { value: moment() }
    if (question.about === 'key') return { value: await signer.keyAt(question.end) }
    return { value: await signer.sign(question.fingerprint, question.text) }
  } catch (cause) {
    return { failure: messageOf(cause) }
  }
}

const post = (worker: Worker, message: ToFollower) => worker.postMessage(message)

/** Starts the thread after a while, or when somebody waits for it, and again when it ends unexpectedly. */
export function openFollower(parts: FollowerParts): Follower {
  let running: Running | undefined
  let status: FollowerStatus | undefined
  let lastId = 0
  let isClosing = false
  const startLater = (ms: number) => setTimeout(() => start(), ms).unref()
  let timer = parts.delayMs === undefined ? undefined : startLater(parts.delayMs)

  const report = (cause: unknown) => parts.warn('what follows the trail is behind and will be tried again', cause)

  function hear({ worker, reached }: Pick<Running, 'worker' | 'reached'>, message: FromFollower): void {
    if (message.kind === 'ask')
      void answer(parts, message.question).then((reply) => post(worker, { kind: 'reply', id: message.id, reply }))
    else if (message.kind === 'reached') {
      reached.get(message.id)?.()
      reached.delete(message.id)
    } else {
      const { problem } = message.status
      if (problem !== undefined && problem !== status?.problem) report(new Error(problem))
      status = message.status
    }
  }

  function start(): Running {
    if (running) return running
    clearTimeout(timer)
    const reached = new Map<number, () => void>()
    const worker = new Worker(PROGRAM, {
      workerData: parts.setup,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
      name: 'follower',
    })
    worker.on('message', (message) => hear({ worker, reached }, parseFromFollower(message)))
    worker.on('error', (cause) => report(cause))
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    void ended.then(() => {
      running = undefined
      for (const resolve of reached.values()) resolve()
      if (!isClosing) timer = startLater(FOLLOWER_RESTART_MS)
    })
    worker.unref()
    running = { worker, ended, reached }
    return running
  }

  return {
    reach() {
      if (isClosing) return Promise.resolve()
      const { worker, reached } = start()
      const { batch } = parts.moment().head
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        const late = setTimeout(() => {
          reached.delete(id)
          resolve()
        }, HISTORY_WAIT_MS)
        reached.set(id, () => {
          clearTimeout(late)
          resolve()
        })
        post(worker, { kind: 'reach', id, batch })
      })
    },
    get status() {
      return status
    },
    async close() {
      // With log files, the thread is started if only for the last of them.
      if (parts.setup.logFiles) start()
      isClosing = true
      clearTimeout(timer)
      if (!running) return
      const { worker, ended } = running
      worker.ref()
      post(worker, { kind: 'stop' })
      const late = setTimeout(() => {
        parts.warn('the last log files were not delivered in time; the next start delivers them', undefined)
        void worker.terminate()
      }, FOLLOWER_STOP_MS)
      await ended
      clearTimeout(late)
    },
  }
}
