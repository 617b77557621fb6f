import { flushCompileCache } from 'node:module'
import { configure, isMisconfiguration, type Mode, type Options } from '../config.ts'
import { type Failure, failure, misuse } from './failure.ts'
import { stopSignal } from './stop-signal.ts'
import { welcome } from './welcome.ts'

/** Milliseconds after the start at which compiled code is saved: a start that is killed later is quick the next time nevertheless. */
const COMPILED_CODE_SAVED_AFTER_MS = 2_000

/** Runs Trent until a signal stops it. */
export async function foreground(mode: Mode, options: Options): Promise<Failure | undefined> {
  const config = configure(mode, options)
  if (isMisconfiguration(config)) return misuse(config.message)
  const stopped = stopSignal()
  const { start } = await import('../main.ts')
  const running = await start(config)
  if ('kind' in running) return failure(running.message)
  process.stdout.write(welcome(config, running))
  setTimeout(flushCompileCache, COMPILED_CODE_SAVED_AFTER_MS).unref()
  await stopped
  await running.close()
  return undefined
}
