import { chmodSync, existsSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  status as STATUS,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { isFailure, openPlugin, type Plugin, type PluginFailure, type PluginOptions } from './plugin.ts'
import { type DecryptCall, type EncryptCall, keyManagementService } from './protocol.ts'

export type Running = { stop(): Promise<void> }

/** Why the plugin does not start: one line for a person. */
export type StartFailure = { readonly kind: 'start-failure'; readonly message: string }

const CODES = {
  refused: STATUS.FAILED_PRECONDITION,
  silent: STATUS.UNAVAILABLE,
  invalid: STATUS.INVALID_ARGUMENT,
} as const satisfies Record<PluginFailure['kind'], number>

/**
 * Serves the plugin on a Unix socket that its owner alone can use. It listens at once, whether KMS answers or not: an API
 * server that starts waits for the socket, and asks again when a status is not well.
 *
 * @param socket - path; what a plugin that is gone left there is replaced.
 */
export async function serve(
  socket: string,
  options: PluginOptions & { readonly log: (line: string) => void },
): Promise<Running | StartFailure> {
  if (await isAnswering(socket)) return { kind: 'start-failure', message: `another plugin listens on ${socket}` }
  if (existsSync(socket)) unlinkSync(socket)
  const server = new Server()
  server.addService(keyManagementService(), handlers(openPlugin(options), options.log))
  const failed = await bind(server, socket)
  if (failed) return failed
  return { stop: () => new Promise((resolve) => server.tryShutdown(() => resolve())) }
}

/** No moment at which others could connect: the socket is made without leave for them. */
function bind(server: Server, socket: string): Promise<StartFailure | undefined> {
  const before = process.umask(0o177)
  return new Promise((resolve) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (cause) => {
      process.umask(before)
      if (cause) return resolve({ kind: 'start-failure', message: `${socket}: ${cause.message}` })
      chmodSync(socket, 0o600)
      resolve(undefined)
    })
  })
}

function isAnswering(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}

function handlers(plugin: Plugin, log: (line: string) => void) {
  return {
    Status: unary(log, 'Status', () => plugin.status()),
    Encrypt: unary(log, 'Encrypt', ({ plaintext }: EncryptCall) => plugin.encrypt(plaintext)),
    Decrypt: unary(log, 'Decrypt', (call: DecryptCall) => plugin.decrypt(call)),
  }
}

/** A handler of grpc-js from a function. A failure is logged with the API server's own id of the call. */
function unary<Request extends object, Answer extends object>(
  log: (line: string) => void,
  name: string,
  run: (request: Request) => Promise<Answer | PluginFailure>,
): handleUnaryCall<Request, Answer> {
  return ({ request }: ServerUnaryCall<Request, Answer>, answer: sendUnaryData<Answer>) => {
    const uid = 'uid' in request ? ` ${String(request.uid)}` : ''
    run(request).then(
      (result) => {
        if (!isFailure(result)) return answer(null, result)
        log(`${name}${uid}: ${result.code}: ${result.message}`)
        answer({ code: CODES[result.kind], details: `${result.code}: ${result.message}` })
      },
      (cause) => {
        log(`${name}${uid}: ${cause instanceof Error ? cause.stack : String(cause)}`)
        answer({ code: STATUS.INTERNAL, details: 'internal error' })
      },
    )
  }
}
