import { parseAccountId, parseArn, parseRegion, type Scope } from '../domain/arn.ts'
import { parseKeyId } from '../domain/key-id.ts'
import { isTracked, type KeyUsage } from '../domain/key-usage.ts'
import { readEvents } from './read.ts'
import { parseMembers } from './recorded-call.ts'

const KEY = 'key/'

/** The key that an ARN names; nothing when it names something else. */
function parseKeyOf(arn: unknown): (Scope & Pick<KeyUsage, 'keyId'>) | undefined {
  const parsed = typeof arn === 'string' ? parseArn(arn) : undefined
  const account = parsed && parseAccountId(parsed.account)
  const region = parsed && parseRegion(parsed.region)
  const keyId = parsed?.resource.startsWith(KEY) ? parseKeyId(parsed.resource.slice(KEY.length)) : undefined
  return parsed?.service === 'kms' && account && region && keyId ? { account, region, keyId } : undefined
}

type Parsed = { readonly [member: string]: unknown }

function parseObject(text: string): Parsed {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? (value as Parsed) : {}
}

function arnsOf({ resources }: Parsed): readonly unknown[] {
  if (!Array.isArray(resources)) return []
  return resources.map((resource: unknown) =>
    typeof resource === 'object' && resource !== null && 'ARN' in resource ? resource.ARN : undefined,
  )
}

/** @returns the keys that the call of an event used; none for a refusal and for what counts as no use. */
export function keyUsesOf(line: string): readonly KeyUsage[] {
  const event = parseObject(line)
  const { eventName: operation, eventID: eventId, requestID: requestId } = event
  if (typeof operation !== 'string' || !isTracked(operation) || event.errorCode !== undefined) return []
  // The owner's copy of a call from another account is the same use once more.
  if (parseMembers(event.userIdentity).type === 'AWSAccount') return []
  const usedAt = Date.parse(String(event.eventTime))
  if (typeof eventId !== 'string' || typeof requestId !== 'string' || Number.isNaN(usedAt)) return []
  return arnsOf(event).flatMap((arn) => {
    const key = parseKeyOf(arn)
    return key ? [{ ...key, operation, usedAt, eventId, requestId }] : []
  })
}

/**
 * Every use of a key that the trail holds from segment `from` on, oldest first.
 *
 * @throws as `readEvents` does.
 */
export async function* readKeyUses(directory: string, from: number): AsyncGenerator<KeyUsage> {
  for await (const { text } of readEvents(directory, from)) yield* keyUsesOf(text)
}
