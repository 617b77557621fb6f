import type { Head } from './chain.ts'

/**
 * Where the head of the trail is kept outside the trail, so that a cut end is found.
 *
 * `load` answers what was saved last. Both throw when they cannot.
 */
export type Anchor = { load(): Promise<string | undefined>; save(text: string): Promise<void> }

/** Name of the setting in which the store keeps it. */
export const ANCHOR_SETTING = 'trail-anchor'

/** A head that the trail once had; `sealed` when nothing may follow it. */
export type Anchored = Head & { readonly sealed: boolean }

export function anchorText({ segment, batch, hash, sealed }: Anchored): string {
  return JSON.stringify({ segment, batch, hash, sealed })
}

const ANCHOR = /^\{"segment":(\d{1,10}),"batch":(\d{1,15}),"hash":"([0-9a-f]{64})","sealed":(true|false)\}$/

/** What {@link anchorText} wrote, or `undefined` for any other text. */
export function parseAnchor(text: string): Anchored | undefined {
  const [, segment, batch, hash, sealed] = ANCHOR.exec(text) ?? []
  return hash === undefined
    ? undefined
    : { segment: Number(segment), batch: Number(batch), hash, sealed: sealed === 'true' }
}

export type AnchorKeeper = {
  /** The newest head waits until the saving under way is done; heads in between are passed over. */
  note(head: Head): void
  /** Saves after all others, and throws when that fails. */
  save(anchored: Anchored): Promise<void>
}

/** Saves heads one after the other. A head that cannot be saved is reported, and the next one is tried. */
export function anchorKeeper(anchor: Anchor, warn: (message: string, cause: unknown) => void): AnchorKeeper {
  let waiting: Head | undefined
  let saving: Promise<void> | undefined

  async function drain(): Promise<void> {
    while (waiting !== undefined) {
      const head = waiting
      waiting = undefined
      try {
        await anchor.save(anchorText({ ...head, sealed: false }))
      } catch (cause) {
        warn('the head of the trail could not be saved', cause)
      }
    }
    saving = undefined
  }

  return {
    note(head) {
      waiting = head
      saving ??= drain()
    },
    async save(anchored) {
      await saving
      await anchor.save(anchorText(anchored))
    },
  }
}
