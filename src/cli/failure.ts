/** Why a command ends without having done its work: one line for a person, and the exit code. */
export type Failure = { readonly kind: 'failure'; readonly message: string; readonly exitCode: number }

/** The command was understood and could not be done. */
const REFUSED = 1
/** The command line itself is wrong. Source: the convention of GNU programs and of Python's argparse. */
export const USAGE = 2

export const failure = (message: string, exitCode = REFUSED): Failure => ({ kind: 'failure', message, exitCode })

export const misuse = (message: string): Failure => failure(message, USAGE)

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'failure'
}

/** Makes a command of commander from a function that answers what went wrong. */
export function action<Arguments extends readonly unknown[]>(
  run: (...given: Arguments) => Promise<Failure | undefined>,
) {
  return async (...given: Arguments): Promise<void> => {
    const failed = await run(...given)
    if (failed === undefined) return
    process.stderr.write(`trent: ${failed.message}\n`)
    process.exitCode = failed.exitCode
  }
}

/** The code of an error of the system, such as ENOENT; nothing for any other error. */
export function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}

/** A failure on its way through streams, which know no other end than an error. */
export const thrown = (failed: Failure): Error => new Error(failed.message, { cause: failed })

/** The failure that {@link thrown} carries; nothing for any other error. */
export function failureIn(cause: unknown): Failure | undefined {
  return cause instanceof Error && isFailure(cause.cause) ? cause.cause : undefined
}
