import { open } from 'node:fs/promises'
import { CHECKPOINT_TIMEOUT_MS } from '../domain/limits.ts'
import { signRequest } from '../sigv4/sign.ts'
import type { Outlet } from '../trail/checkpoints/publisher.ts'
import { webhookSignature } from '../trail/watch/signature.ts'

/** What places outside must be told to believe us. */
export type OutletKeys = {
  /** Shared with webhooks. */
  readonly secret?: string
  /** Of a user of the other Trent. */
  readonly credentials?: { readonly accessKeyId: string; readonly secret: string }
}

const MS_PER_SECOND = 1_000

/** Only the owner writes; whoever verifies may read. */
const FILE_MODE = 0o644

/** A file that checkpoints are appended to, one a line; best on a medium that cannot be written over. */
function fileOutlet(path: string): Outlet {
  return {
    name: path,
    async send(text) {
      const file = await open(path, 'a', FILE_MODE)
      try {
        await file.appendFile(`${text}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
    },
  }
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<void> {
  const signal = AbortSignal.timeout(CHECKPOINT_TIMEOUT_MS)
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
  // Read to its end, so that the connection can be used again.
  const answer = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${answer.slice(0, 200)}`)
}

/** A webhook; messages are signed as those of alarms are. */
function webhookOutlet(url: string, secret: string): Outlet {
  return {
    name: new URL(url).origin,
    send(text) {
      const signature = webhookSignature(Buffer.from(secret), Math.floor(Date.now() / MS_PER_SECOND), text)
      return post(url, { 'content-type': 'application/json', 'trent-signature': signature }, text)
    },
  }
}

/** Where the other Trent records it. */
const REGION = 'us-east-1'

/** Another Trent, in whose trail the checkpoint is an event. */
function trentOutlet(url: string, credentials: NonNullable<OutletKeys['credentials']>): Outlet {
  const { origin, host } = new URL(url)
  const target = ['x-amz-target', 'TrentControl.PutCheckpoint']
  const rawHeaders = ['host', host, 'content-type', 'application/x-amz-json-1.1', ...target]
  return {
    name: origin,
    async send(text) {
      const body = JSON.stringify({ Checkpoint: text })
      const request = { method: 'POST', path: '/', rawQuery: '', rawHeaders, body: Buffer.from(body) }
      const signed = signRequest(request, { ...credentials, region: REGION, service: 'trent', time: Date.now() })
      const { host: _, ...headers } = Object.fromEntries(pairsOf(signed.rawHeaders))
      await post(`${origin}/`, headers, body)
    },
  }
}

function pairsOf(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  return rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : []))
}

const OTHER_TRENT = 'trent+'
const isUrl = (place: string) => /^https?:\/\//.test(place)

/** What is missing to publish there, for a person; nothing when nothing is. */
export function missingFor(place: string, { secret, credentials }: OutletKeys): string | undefined {
  if (place.startsWith(OTHER_TRENT) && credentials === undefined)
    return `${place} needs --checkpoint-credentials, a file with an access key of that Trent`
  return isUrl(place) && secret === undefined
    ? `${place} needs --checkpoint-secret, a file with what signs the checkpoints`
    : undefined
}

/** @param place - a file, the URL of a webhook, or `trent+` and the URL of another Trent. */
export function outletTo(place: string, { secret, credentials }: OutletKeys): Outlet {
  if (place.startsWith(OTHER_TRENT) && credentials) return trentOutlet(place.slice(OTHER_TRENT.length), credentials)
  return isUrl(place) && secret !== undefined ? webhookOutlet(place, secret) : fileOutlet(place)
}
