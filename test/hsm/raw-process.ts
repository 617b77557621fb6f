import { Socket } from 'node:net'
import { startCaged, type Variant } from '../../src/hsm/caged-process.ts'
import { createFrameDecoder, encodeFields, OPS, type Op } from '../../src/hsm/wire.ts'

export type RawReply = { readonly code: number; readonly fields: readonly Buffer[] }

/** A key process without the client: what is sent and received can be seen byte by byte. */
export type RawProcess = Disposable & {
  /** Resolves with the greeting. */
  readonly hello: Promise<RawReply>
  ask(op: Op, fields: readonly Uint8Array[]): Promise<RawReply>
  /** Sends one frame with any tag. */
  send(tag: number, fields: readonly Uint8Array[]): Promise<RawReply>
  /** Sends one frame with any tag and any bytes in place of fields. */
  sendBody(tag: number, body: Uint8Array): Promise<RawReply>
  /** Sends bytes that need not be frames. */
  sendBytes(bytes: Uint8Array): void
  /** Everything received since the last call. */
  received(): Buffer
  readonly exited: Promise<number | null>
  readonly pid: number | undefined
}

export function startRaw(rootKeyFd: number, variant?: Variant): RawProcess {
  const child = startCaged('main', ['ignore', 'ignore', 'ignore', 'pipe', rootKeyFd], variant)
  const socket = child.stdio[3]
  if (!(socket instanceof Socket)) throw new Error('no socket')
  const waiting = new Map<number, (reply: RawReply) => void>()
  let received: Buffer[] = []
  let lastId = 0
  const decode = createFrameDecoder(({ id, tag, fields }) => {
    waiting.get(id)?.({ code: tag, fields: (fields ?? []).map((field) => Buffer.from(field)) })
  })
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    received.push(Buffer.from(bytes))
    decode(bytes)
  })
  const wait = (id: number) => new Promise<RawReply>((resolve) => waiting.set(id, resolve))
  const sendBody = (tag: number, body: Uint8Array) => {
    lastId += 1
    const header = Buffer.alloc(9)
    header.writeUInt32BE(5 + body.length)
    header.writeUInt32BE(lastId, 4)
    header[8] = tag
    socket.write(Buffer.concat([header, body]))
    return wait(lastId)
  }
  const send = (tag: number, fields: readonly Uint8Array[]) => sendBody(tag, encodeFields(fields))
  return {
    hello: wait(0),
    send,
    sendBody,
    ask: (op, fields) => send(OPS[op], fields),
    sendBytes: (bytes) => void socket.write(bytes),
    received() {
      const all = Buffer.concat(received)
      received = []
      return all
    },
    pid: child.pid,
    exited: new Promise((resolve) => child.once('exit', resolve)),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}
