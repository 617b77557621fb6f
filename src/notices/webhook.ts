import { WEBHOOK_TIMEOUT_MS } from '../domain/limits.ts'
import type { Finding } from '../trail/watch/finding.ts'
import { webhookSignature } from '../trail/watch/signature.ts'

export type Webhook = { readonly url: string; readonly secret: Uint8Array }

/** What became of one attempt; in words why it was not taken. */
export type Delivery = { readonly isTaken: true } | { readonly isTaken: false; readonly reason: string }

/** The body of a message: the members of a finding in this order, `key` and `errorCode` only where there are any. */
export function messageOf(finding: Finding): string {
  const { id, kind, time, account, region, principal, source, key, event, suppressed, text } = finding
  return JSON.stringify({
    version: 1,
    id,
    kind,
    time,
    account,
    region,
    principal,
    source,
    key,
    event,
    suppressed,
    text,
  })
}

/** Sends one message. Any answer of 2xx takes it; redirections are not followed, since the signature is for one receiver. */
export async function send({ url, secret }: Webhook, finding: Finding, now: number): Promise<Delivery> {
  const body = messageOf(finding)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'trent-alarms',
    'trent-delivery': finding.id,
    'trent-signature': webhookSignature(secret, Math.floor(now / 1_000), body),
  }
  try {
    const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS)
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    // Whatever it says is of no interest, and may be endless.
    await response.body?.cancel()
    return response.ok ? { isTaken: true } : { isTaken: false, reason: `it answered ${response.status}` }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    const under = cause.cause instanceof Error && 'code' in cause.cause ? String(cause.cause.code) : cause.message
    return { isTaken: false, reason: under }
  }
}
