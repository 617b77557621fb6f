import { createHmac } from 'node:crypto'

/**
 * The value of the header `Trent-Signature`: the time in seconds since the epoch, and the HMAC-SHA-256 of `time.body` in hex.
 * The time is signed with the body, so that an old message cannot be sent again. Layout: docs/alarms.md.
 */
export function webhookSignature(secret: Uint8Array, time: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${time}.`).update(body, 'utf8').digest('hex')
  return `t=${time},v1=${mac}`
}
