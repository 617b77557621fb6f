import { createRequire } from 'node:module'
import type { Log } from './request/log.ts'

/** Loaded by the first line that is logged: most starts log none, and it would be a tenth of their time. */
function openPino(level: string) {
  const { pino }: typeof import('pino') = createRequire(import.meta.url)('pino')
  return pino({ base: null, level, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
}

/** To stderr, so that stdout stays what a person or a script reads. Members are named one by one: nothing else is written. */
export function openLog(): Log {
  const level = process.env.TRENT_LOG
  // A level that does not exist is refused at once.
  let out = level === undefined ? undefined : openPino(level)
  const log = () => {
    out ??= openPino('warn')
    return out
  }
  return {
    info: (message, given) => log().info(facts(given), message),
    warn: (message, given) => log().warn(facts(given), message),
    error: (message, given) => log().error(facts(given), message),
  }
}

function facts(given: Parameters<Log['error']>[1]) {
  const { requestId, operation, reason, code, count, cause } = given ?? {}
  return {
    requestId,
    operation,
    reason,
    code,
    count,
    cause: cause instanceof Error ? cause.stack : cause && String(cause),
  }
}
