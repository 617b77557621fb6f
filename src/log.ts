import pino from 'pino'
import type { Log } from './request/log.ts'

/** To stderr, so that stdout stays what a person or a script reads. Members are named one by one: nothing else is written. */
export function openLog(): Log {
  const level = process.env.TRENT_LOG ?? 'warn'
  const out = pino({ base: null, level, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
  return {
    info: (message, given) => out.info(facts(given), message),
    warn: (message, given) => out.warn(facts(given), message),
    error: (message, given) => out.error(facts(given), message),
  }
}

function facts(given: Parameters<Log['error']>[1]) {
  const { requestId, operation, code, count, cause } = given ?? {}
  return { requestId, operation, code, count, cause: cause instanceof Error ? cause.stack : cause && String(cause) }
}
