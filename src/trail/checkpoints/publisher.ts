import { CHECKPOINT_BATCHES_MAX, CHECKPOINT_INTERVAL_MS, CHECKPOINTS_WAITING_MAX } from '../../domain/limits.ts'
import type { Head } from '../chain.ts'
import { batchesOf } from './batches.ts'
import { type Checkpoint, checkpointText } from './checkpoint.ts'
import { rootOf } from './tree.ts'

/** A place outside that keeps checkpoints. */
export type Outlet = {
  /** For people; holds no secrets. */
  readonly name: string
  /** Resolves when the checkpoint is kept; rejects with why it is not. */
  send(text: string): Promise<void>
}

export type PublisherParts = {
  /** Account of the installation. */
  readonly of: string
  readonly outlets: readonly Outlet[]
  /** Of the trail. */
  readonly directory: string
  readonly head: () => Head
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The last batch that every place was told of, as a number in decimal; kept over restarts. */
  readonly progress: { load(): Promise<string | undefined>; save(text: string): Promise<void> }
  readonly warn: (message: string, cause: unknown) => void
  /** Milliseconds. */
  readonly intervalMs?: number
}

/** Tells places outside how far the trail went. */
export type Publisher = {
  /** Takes note of what has become durable; nothing but a number and a text is kept of a batch. */
  note(head: Head): void
  /**
   * Publishes what is left. A place that cannot be reached is told at the next start.
   *
   * @param isSealed - the trail was closed cleanly, and its head is the seal.
   */
  close(isSealed: boolean): Promise<void>
}

type Queue = { readonly outlet: Outlet; readonly waiting: Checkpoint[]; isFailing: boolean }

/** Sends what waits, oldest first, until one is not taken. */
async function sendAll(queue: Queue, warn: PublisherParts['warn']): Promise<void> {
  for (let next = queue.waiting[0]; next !== undefined; next = queue.waiting[0]) {
    try {
      await queue.outlet.send(checkpointText(next))
      queue.isFailing = false
      queue.waiting.shift()
    } catch (cause) {
      if (!queue.isFailing)
        warn(`${queue.outlet.name} does not take checkpoints of the trail; it is tried again`, cause)
      queue.isFailing = true
      return
    }
  }
}

/** Batches since the last checkpoint, and the checkpoints made of them. */
type Collector = {
  note(head: Head): boolean
  catchUp(): Promise<void>
  make(): void
  seal(): void
  /** The last batch that a checkpoint has. */
  readonly after: number
}

type CollectorParts = Pick<PublisherParts, 'of' | 'directory' | 'head' | 'now'> & {
  readonly from: number
  readonly take: (checkpoint: Checkpoint) => void
}

function collector({ of, directory, head, now, from, take }: CollectorParts): Collector {
  let after = from
  let leaves: string[] = []
  let { segment } = head()
  /** Batches are in the trail that were not noted: of an earlier process, or of before there was somebody to note them. */
  let isBehind = head().batch > after
  const at = () => new Date(now()).toISOString()

  function make(): void {
    const hash = leaves.at(-1)
    if (hash === undefined) return
    const batch = after + leaves.length
    take({ of, at: at(), segment, batch, hash, after, root: rootOf(leaves), sealed: false })
    after = batch
    leaves = []
  }

  /** @returns whether so many batches were noted that a checkpoint was made. */
  function add(hash: string): boolean {
    leaves.push(hash)
    const isFull = leaves.length >= CHECKPOINT_BATCHES_MAX
    if (isFull) make()
    return isFull
  }

  return {
    make,
    note(now) {
      const next = after + leaves.length + 1
      if (isBehind || now.batch < next) return false
      isBehind = now.batch > next
      if (isBehind) return false
      segment = now.segment
      return add(now.hash)
    },
    /** Reads what was not noted. Ends: what comes meanwhile is read as well, until there is nothing that was not. */
    async catchUp() {
      while (isBehind) {
        const known = after + leaves.length
        for await (const read of batchesOf(directory, { after: known, upTo: head().batch })) {
          segment = read.segment
          add(read.hash)
        }
        isBehind = after + leaves.length < head().batch
        if (isBehind && after + leaves.length === known) throw new Error('batches of the trail are missing')
      }
    },
    /** The seal is of no batch: its checkpoint covers none, and vouches for the end. */
    seal() {
      if (!isBehind) take({ of, at: at(), ...head(), after, root: rootOf([]), sealed: true })
    },
    get after() {
      return after
    },
  }
}

/**
 * Starts to publish. Batches that an earlier process did not tell of are read from the trail; a trail that is published for the
 * first time is from its present head on.
 */
export async function openPublisher(parts: PublisherParts): Promise<Publisher> {
  const { outlets, progress, warn } = parts
  const known = await progress.load()
  const { batch } = parts.head()
  if (known === undefined) await progress.save(String(batch))
  const queues: readonly Queue[] = outlets.map((outlet) => ({ outlet, waiting: [], isFailing: false }))
  const collected = collector({
    ...parts,
    from: Math.min(Number(known ?? batch), batch),
    take(checkpoint) {
      for (const { waiting } of queues) {
        if (waiting.length >= CHECKPOINTS_WAITING_MAX) waiting.shift()
        waiting.push(checkpoint)
      }
    },
  })
  let told = collected.after
  let working: Promise<void> | undefined

  async function round(): Promise<void> {
    try {
      await collected.catchUp()
      collected.make()
      const made = collected.after
      await Promise.all(queues.map((queue) => sendAll(queue, warn)))
      if (queues.some(({ waiting }) => waiting.length > 0) || told === made) return
      await progress.save(String(made))
      told = made
    } catch (cause) {
      warn('checkpoints of the trail cannot be made; it is tried again', cause)
    }
  }

  function publish(): Promise<void> {
    working ??= round().finally(() => {
      working = undefined
    })
    return working
  }

  const timer = setInterval(() => void publish(), parts.intervalMs ?? CHECKPOINT_INTERVAL_MS).unref()
  return {
    note(head) {
      if (collected.note(head)) void publish()
    },
    async close(isSealed) {
      clearInterval(timer)
      // What was under way does not have what came last.
      await working
      await publish()
      if (!isSealed) return
      collected.seal()
      await publish()
    },
  }
}
