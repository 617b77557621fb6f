import { once } from 'node:events'
import { addAbortSignal, type Duplex, PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { KMSClient } from '@aws-sdk/client-kms'
import { withClient } from '../client.ts'
import { type Failure, failure, failureIn, isFailure, systemCode, thrown } from '../failure.ts'
import { parsePairs } from '../pair.ts'
import type { CryptOptions } from './options.ts'
import { openSink } from './sink.ts'
import { openSource, type Source } from './source.ts'

/** One encryption or decryption under way. */
export type Job = {
  readonly client: KMSClient
  readonly source: Source
  readonly context: Readonly<Record<string, string>>
  readonly out: string | undefined
  /** Aborted when a signal ends the command. */
  readonly abortSignal: AbortSignal
}

/** Source: the shells' convention, 128 + SIGINT and 128 + SIGTERM. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Opens what both commands need, runs one of them, and makes one line of what can go wrong on the way.
 *
 * @param headBytes - how much of the input decides how it is handled.
 */
export async function runJob(
  options: CryptOptions,
  headBytes: number,
  run: (job: Job) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  const context = parsePairs('--context', options.context)
  if (isFailure(context)) return context
  const abortSignal = interruption()
  try {
    const opened = await openSource(options.in, headBytes, abortSignal)
    if (isFailure(opened)) return opened
    using source = opened
    return await withClient(options, (client) => run({ client, source, context, abortSignal, out: options.out }))
  } catch (cause) {
    const failed = abortSignal.aborted ? abortSignal.reason : fileFailure(cause, options)
    if (!isFailure(failed)) throw cause
    return failed
  }
}

/** The first signal ends the work and lets it be tidied up; a second one ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(failure('interrupted', EXIT_CODES[signal])))
  return controller.signal
}

function fileFailure(cause: unknown, { out }: CryptOptions): Failure | undefined {
  const code = systemCode(cause)
  // Node's own codes name misuse of its API: a mistake in this program.
  if (code === undefined || code.startsWith('ERR_')) return failureIn(cause)
  return failure(`${out ?? 'standard output'} cannot be written: ${code}`)
}

/** How output is made: from the input's bytes, through the message's format, to the bytes that are written. */
export type Flow = {
  readonly input: AsyncIterable<Buffer>
  readonly message?: Duplex
  readonly output?: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>
}

/** Writes the output of a job. A file has its name only when all went well. */
export async function deliver({ out, abortSignal }: Job, { input, message, output = same }: Flow): Promise<void> {
  const opened = await openSink(out)
  if (isFailure(opened)) throw thrown(opened)
  await using sink = opened
  const ending = { signal: abortSignal, end: sink.endsStream }
  await pipeline(message ? through(message, input, abortSignal) : input, output, sink.stream, ending)
  await sink.keep()
}

async function* same(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield* chunks
}

/**
 * Passes bytes through the message's format. Its stream is left alone when what follows fails: destroyed while it works, the
 * one that encrypts throws where nobody can catch it. Source: `pipeline` without a callback in @aws-crypto/encrypt-node.
 */
async function* through(
  message: Duplex,
  input: AsyncIterable<Buffer>,
  abortSignal: AbortSignal,
): AsyncIterable<Buffer> {
  // A pipeline waits for a generator that waits, aborted or not.
  const output = addAbortSignal(abortSignal, new PassThrough())
  message.on('error', (cause) => output.destroy(cause))
  message.pipe(output)
  feed(message, input).catch((cause) => output.destroy(cause))
  yield* output
}

async function feed(message: Duplex, input: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of input) if (!message.write(chunk)) await once(message, 'drain')
  message.end()
}
