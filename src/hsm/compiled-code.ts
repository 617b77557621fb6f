/** How a key process is told where to keep its compiled code between starts. */
const ARGUMENT = 'compiled-code='

/** The argument of a process that keeps its compiled code in `directory`. */
export function compiledCodeArgument(directory: string): string {
  return `${ARGUMENT}${directory}`
}

/** Nothing for a process that compiles itself at every start. */
export function compiledCodeDirectory(argv: readonly string[]): string | undefined {
  return argv.find((argument) => argument.startsWith(ARGUMENT))?.slice(ARGUMENT.length)
}
