/** What a token of ours in a LUKS2 header says: whose data key the passphrase of its key slot is. */
export type VolumeToken = {
  readonly id: number
  readonly slot: number
  /** ARN. */
  readonly key: string
  readonly ciphertext: Uint8Array
  readonly context: Readonly<Record<string, string>>
}

export type Header = {
  /** Of ours, the newest last. */
  readonly tokens: readonly VolumeToken[]
  readonly slots: ReadonlySet<number>
}

const TYPE = 'trent-kms'
/** Key slots of a LUKS2 header. Source: LUKS2 on-disk format. */
const SLOTS = 32

/** The token as cryptsetup takes it. */
export function tokenText({ slot, key, ciphertext, context }: Omit<VolumeToken, 'id'>): string {
  const text = Buffer.from(ciphertext).toString('base64')
  return JSON.stringify({ type: TYPE, keyslots: [String(slot)], version: 1, key, ciphertext: text, context })
}

/** Reads the metadata that `luksDump --dump-json-metadata` prints. Tokens of others, and those without a key slot, are passed over. */
export function parseHeader(text: string): Header {
  const { keyslots, tokens } = parseMetadata(text)
  const slots = new Set(Object.keys(keyslots ?? {}).map(Number))
  const own = Object.entries(tokens ?? {}).flatMap(([id, token]) => {
    const slot = Number(token.keyslots?.[0])
    const { type, key, ciphertext, context = {} } = token
    if (type !== TYPE || !slots.has(slot) || key === undefined || ciphertext === undefined) return []
    return [{ id: Number(id), slot, key, ciphertext: Buffer.from(ciphertext, 'base64'), context }]
  })
  return { slots, tokens: own.sort((a, b) => a.id - b.id) }
}

type Metadata = {
  readonly keyslots?: Readonly<Record<string, unknown>>
  readonly tokens?: Readonly<
    Record<
      string,
      {
        readonly type?: string
        readonly keyslots?: readonly string[]
        readonly key?: string
        readonly ciphertext?: string
        readonly context?: Readonly<Record<string, string>>
      }
    >
  >
}

function parseMetadata(text: string): Metadata {
  return JSON.parse(text) as Metadata
}

/** A key slot that is free; nothing when all are taken. */
export function freeSlot({ slots }: Header): number | undefined {
  for (let slot = 0; slot < SLOTS; slot += 1) if (!slots.has(slot)) return slot
  return undefined
}
