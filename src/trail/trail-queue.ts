import type { ServiceError } from '../domain/error.ts'
import { TRAIL_BATCH_MAX_CHARACTERS, TRAIL_QUEUE_MAX_CHARACTERS, TRAIL_QUEUE_MAX_EVENTS } from '../domain/limits.ts'
import type { Link } from './chain.ts'

type Answer = (problem: ServiceError | undefined) => void

/** What becomes durable with one write. */
export type Batch = { readonly lines: readonly string[]; readonly links: readonly Link[] }

/** Events, and lines of the chain, that wait for the next write. */
export type TrailQueue = {
  /** Answers once the line's batch is written; `undefined` at once when the queue is full. */
  add(line: string): Promise<ServiceError | undefined> | undefined
  addLink(link: Link): Promise<ServiceError | undefined>
  /** Events that wait. */
  readonly size: number
  /** Takes the oldest lines, as many as make one batch. Every batch must be settled. */
  take(): { readonly batch: Batch; settle(problem: ServiceError | undefined): void } | undefined
}

/** How many lines from the first fit in a batch: at least one. */
function linesOfOneBatch(lines: readonly string[]): number {
  let characters = 0
  let count = 0
  for (const line of lines) {
    characters += line.length
    if (characters > TRAIL_BATCH_MAX_CHARACTERS) break
    count += 1
  }
  return Math.max(count, 1)
}

export function trailQueue(): TrailQueue {
  let lines: string[] = []
  let answers: Answer[] = []
  let links: { readonly link: Link; readonly answer: Answer }[] = []
  let characters = 0

  /** The whole queue in most cases; a part of it when its lines are long. */
  function takeLines(): { readonly taken: readonly string[]; readonly answered: readonly Answer[] } {
    const count = characters <= TRAIL_BATCH_MAX_CHARACTERS ? lines.length : linesOfOneBatch(lines)
    const part = { taken: lines.slice(0, count), answered: answers.slice(0, count) }
    lines = lines.slice(part.taken.length)
    answers = answers.slice(part.taken.length)
    for (const line of part.taken) characters -= line.length
    return part
  }

  return {
    add(line) {
      if (lines.length >= TRAIL_QUEUE_MAX_EVENTS || characters + line.length > TRAIL_QUEUE_MAX_CHARACTERS)
        return undefined
      lines.push(line)
      characters += line.length
      return new Promise((resolve) => answers.push(resolve))
    },
    addLink: (link) => new Promise((answer) => links.push({ link, answer })),
    get size() {
      return lines.length
    },
    take() {
      if (lines.length === 0 && links.length === 0) return undefined
      const { taken, answered } = takeLines()
      const linked = links
      links = []
      const settle = (problem: ServiceError | undefined) => {
        for (const answer of answered) answer(problem)
        for (const { answer } of linked) answer(problem)
      }
      return { batch: { lines: taken, links: linked.map(({ link }) => link) }, settle }
    },
  }
}
