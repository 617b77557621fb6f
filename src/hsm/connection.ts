import type { ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import {
  KEY_PROCESS_SILENCE_MS,
  KEY_PROCESS_START_TIMEOUT_MS,
  KEY_PROCESS_STDERR_MAX_BYTES,
  SHUTDOWN_TIMEOUT_MS,
} from '../domain/limits.ts'
import { startCaged, type Variant } from './caged-process.ts'
import { createBatch, createFrameDecoder, type Frame, HELLO_ID, OPS, type Op, REPLIES } from './wire.ts'

/** What the key process answered: the fields are copies. */
export type Reply = { readonly code: number; readonly fields: readonly Buffer[] }

/** One key process and the socket to it. */
export type Connection = {
  /** One message and its answer; nothing when the process ended before it answered, or answered nonsense. */
  call(op: Op, fields: readonly Uint8Array[]): Promise<Reply | undefined>
  /** Ends the process once every call is answered. */
  drain(): Promise<void>
  /** Ends the process now. */
  kill(): void
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>
  readonly pid: number | undefined
}

type Answer = (reply: Reply | undefined) => void

/** Ids count up and start again, far beyond what can be in flight; HELLO_ID is nobody's. */
const ID_MAX = 0xffff_fffe

/** Calls in flight. */
function createPending() {
  const waiting = new Map<number, Answer>()
  let lastId = HELLO_ID
  let answeredAt = performance.now()
  let onIdle = () => {}
  return {
    add(answer: Answer): number {
      if (waiting.size === 0) answeredAt = performance.now()
      lastId = (lastId % ID_MAX) + 1
      waiting.set(lastId, answer)
      return lastId
    },
    remove: (id: number) => waiting.delete(id),
    answer({ id, tag, fields }: Frame): void {
      const answer = waiting.get(id)
      waiting.delete(id)
      answeredAt = performance.now()
      // Copied: the received bytes are wiped, and belong to other callers as well.
      answer?.(fields && { code: tag, fields: fields.map((field) => Buffer.from(field)) })
      if (waiting.size === 0) onIdle()
    },
    abandon(): void {
      for (const answer of waiting.values()) answer(undefined)
      waiting.clear()
      onIdle()
    },
    isWaiting: () => waiting.size > 0,
    isSilent: () => waiting.size > 0 && performance.now() - answeredAt > KEY_PROCESS_SILENCE_MS,
    idle: () =>
      new Promise<void>((resolve) => {
        onIdle = resolve
        if (waiting.size === 0) resolve()
      }),
  }
}

/** The last complaints of a process, for the log when it ends. */
function lastWords(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    text = (text + bytes.toString('latin1')).slice(-KEY_PROCESS_STDERR_MAX_BYTES)
  })
  return () => text.trim()
}

/** Sends what calls of one event-loop tick ask in one write. */
function createOutbox(socket: Socket) {
  const batch = createBatch((bytes, done) => socket.write(bytes, done))
  let isScheduled = false
  const flush = () => {
    isScheduled = false
    batch.flush()
  }
  return (id: number, op: Op, fields: readonly Uint8Array[]): boolean => {
    if (!batch.add(id, OPS[op], fields)) return false
    if (!isScheduled) setImmediate(flush)
    isScheduled = true
    return true
  }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
}

function timeout<T>(ms: number, value: T): { readonly elapsed: Promise<T>; readonly stop: () => void } {
  let stop = () => {}
  const elapsed = new Promise<T>((resolve) => {
    const timer = setTimeout(resolve, ms, value)
    stop = () => clearTimeout(timer)
  })
  return { elapsed, stop }
}

/** That there is an answer is all that counts. */
const ignored = () => {}

/** Everything of a running process but its greeting. */
function connect(child: ChildProcess, socket: Socket, onHello: (frame: Frame) => void): Connection {
  const pending = createPending()
  const send = createOutbox(socket)
  const decode = createFrameDecoder((frame) => (frame.id === HELLO_ID ? onHello(frame) : pending.answer(frame)))
  const kill = () => {
    child.kill('SIGKILL')
  }
  const watchdog = setInterval(() => {
    if (pending.isSilent()) kill()
    // A key pair may take longer than a process may be silent. One that is well refuses an empty request meanwhile.
    else if (pending.isWaiting()) send(pending.add(ignored), 'generateRandom', [])
  }, KEY_PROCESS_SILENCE_MS / 10).unref()
  let hasEnded = false
  const ended = endOf(child).then(() => {
    hasEnded = true
    clearInterval(watchdog)
    socket.destroy()
    pending.abandon()
  })
  socket.on('data', (bytes: Buffer) => {
    if (!decode(bytes)) kill()
    bytes.fill(0)
  })
  // A broken socket is noticed by the end of the process, which it always means.
  socket.on('error', kill)
  socket.on('close', kill)
  return {
    call: (op, fields) =>
      new Promise((resolve) => {
        if (hasEnded) return resolve(undefined)
        const id = pending.add(resolve)
        if (send(id, op, fields)) return
        pending.remove(id)
        resolve(undefined)
      }),
    async drain() {
      const late = timeout(SHUTDOWN_TIMEOUT_MS, undefined)
      // Calls that were promised this connection in the same tick are sent first.
      await new Promise((resolve) => setImmediate(resolve))
      await Promise.race([pending.idle(), late.elapsed])
      socket.end()
      await Promise.race([ended, late.elapsed])
      late.stop()
      kill()
      await ended
    },
    kill,
    ended,
    pid: child.pid,
  }
}

/**
 * Starts a key process and waits until it has proved itself.
 *
 * @param rootKeyFd - open root key file, which the process inherits.
 * @param variant - see `startCaged`.
 * @returns the connection; in words why the process does not serve, when it does not.
 */
export async function startKeyProcess(rootKeyFd: number, variant?: Variant): Promise<Connection | string> {
  const child = startCaged('main', ['ignore', 'ignore', 'pipe', 'pipe', rootKeyFd], variant)
  const words = lastWords(child)
  const socket = child.stdio[3]
  if (!(socket instanceof Socket)) return 'the key process could not be started'
  let onHello = (_: Frame) => {}
  const connection = connect(child, socket, (frame) => onHello(frame))
  const hello = new Promise<string>((resolve) => {
    onHello = ({ tag, fields }) =>
      resolve(tag === REPLIES.ok ? '' : (fields?.[0]?.toString('latin1') ?? 'the key process does not serve'))
  })
  const died = connection.ended.then(() => `the key process ended while it started: ${words()}`)
  const late = timeout(KEY_PROCESS_START_TIMEOUT_MS, 'the key process did not start in time')
  const reason = await Promise.race([hello, died, late.elapsed])
  late.stop()
  if (reason === '') return connection
  connection.kill()
  await connection.ended
  return reason
}
