/** Source: the shells' convention, 128 + SIGINT. */
const INTERRUPTED = 130
/**
 * Milliseconds in which a repeated SIGINT is the same key press: a terminal interrupts the launcher, npm and Trent at
 * once, and each of them passes it on.
 */
const SAME_PRESS_MS = 300

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. A second SIGINT ends the process at once, whatever it is doing. */
export function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let interruptedAt: number | undefined
  process.on('SIGINT', () => {
    const now = performance.now()
    if (interruptedAt !== undefined && now - interruptedAt > SAME_PRESS_MS) process.exit(INTERRUPTED)
    interruptedAt ??= now
    resolve()
  })
  // With a listener they end nothing by themselves, however often they come.
  process.on('SIGTERM', () => resolve())
  process.on('SIGHUP', () => resolve())
  return promise
}
