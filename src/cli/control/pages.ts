import { Presets, SingleBar } from 'cli-progress'
import { type Failure, isFailure } from '../failure.ts'
import type { Answer, ControlClient } from './call.ts'

/** A trail has fewer segments than this many, and an account fewer principals. */
const PAGES_MAX = 1_000_000

/**
 * Calls an operation again with its token until there is none or enough was said; a terminal shows how far back it is.
 *
 * @param take - takes an answer in; `done` when no more are wanted, or the input for the next page.
 */
export async function everyPage(
  client: ControlClient,
  operation: string,
  input: object,
  take: (answer: Answer) => 'done' | object,
): Promise<Failure | undefined> {
  let next: object = input
  const bar = process.stderr.isTTY === true ? newBar() : undefined
  try {
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await client(operation, next)
      if (isFailure(answer)) return answer
      const more = take(answer)
      const token = typeof answer.NextToken === 'string' ? answer.NextToken : undefined
      if (more === 'done' || token === undefined) return undefined
      next = { ...input, ...more, NextToken: token }
      if (page === 0) bar?.start(Number(token) + 1, 0)
      bar?.update(Math.max(0, (bar.getTotal() ?? 0) - Number(token)))
    }
    return undefined
  } finally {
    bar?.stop()
  }
}

function newBar(): SingleBar {
  return new SingleBar(
    { format: '{bar} {percentage} % of the trail', stream: process.stderr, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  )
}
