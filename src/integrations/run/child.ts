import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** What a shell reports for a command that is not there, and for one that cannot be run. */
const NOT_FOUND = 127
const NOT_EXECUTABLE = 126
/** What a shell adds to the number of the signal that ended a command. */
const BY_SIGNAL = 128

export type Ended =
  | { readonly exitCode: number }
  | { readonly kind: 'unstarted'; readonly exitCode: number; readonly code: string }

/** Signals that are meant for the program. A terminal sends SIGINT to it as well as to us. */
const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT'] as const

/** Runs a program in this environment, in our place as far as that goes: its input and output, signals, and exit code are ours. */
export function runInPlace(
  command: string,
  args: readonly string[],
  variables: ReadonlyMap<string, string>,
): Promise<Ended> {
  const env = { ...process.env, ...Object.fromEntries(variables) }
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: 'inherit' })
    for (const signal of PASSED_ON)
      process.on(signal, () => {
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
      })
    child.once('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : 'unknown'
      resolve({ kind: 'unstarted', code, exitCode: code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE })
    })
    child.once('close', (code, signal) => {
      resolve({ exitCode: signal ? BY_SIGNAL + constants.signals[signal] : (code ?? 0) })
    })
  })
}
