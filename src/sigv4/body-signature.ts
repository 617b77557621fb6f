import { createHmac } from 'node:crypto'

/** What tells a webhook that a body is ours: `sha256=` and HMAC-SHA-256 in hex, with the secret that both know. */
export function bodySignature(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
