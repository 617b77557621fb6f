import { isTracked } from '../../domain/key-usage.ts'
import type { HistoryEntry } from './entry.ts'

/** Name and value, in order of name. */
export type Dimension = readonly [name: string, value: string]

/** What is counted by the minute. */
export type Series = {
  readonly account: string
  readonly region: string
  readonly namespace: string
  readonly name: string
  readonly dimensions: readonly Dimension[]
}

/** Namespace and name of AWS's metric. Source: KMS developer guide, monitoring with CloudWatch. */
export const KMS_NAMESPACE = 'AWS/KMS'
export const SUCCESSFUL_REQUEST = 'SuccessfulRequest'
/** Of all services and answers, which AWS has no metrics of. */
export const OWN_NAMESPACE = 'Trent'

const SERVICE_SUFFIX = '.amazonaws.com'

function keysOf({ shown }: HistoryEntry): readonly string[] {
  return shown.Resources.map(({ ResourceName }) => ResourceName).filter((arn) => arn.includes(':key/'))
}

/** Dimensions of a use. ReEncrypt uses two keys, the source first. */
function dimensionsOf(operation: string, [first, second]: readonly string[]): readonly Dimension[] | undefined {
  if (first === undefined) return undefined
  if (operation !== 'ReEncrypt')
    return [
      ['KeyArn', first],
      ['Operation', operation],
    ]
  return [
    ['DestinationKeyArn', second ?? first],
    ['Operation', operation],
    ['SourceKeyArn', first],
  ]
}

/** A use counts where the key is, whoever called. */
function useOf(entry: HistoryEntry): readonly Series[] {
  const { shown, errorCode, region } = entry
  const { EventName: operation, EventSource } = shown
  if (errorCode !== undefined || EventSource !== `kms${SERVICE_SUFFIX}` || !isTracked(operation)) return []
  const keys = keysOf(entry)
  const dimensions = dimensionsOf(operation, keys)
  const account = keys[0]?.split(':')[4]
  if (!dimensions || !account) return []
  return [{ account, region, namespace: KMS_NAMESPACE, name: SUCCESSFUL_REQUEST, dimensions }]
}

/** Everything that an event counts in. */
export function seriesOf(entry: HistoryEntry): readonly Series[] {
  const { account, region, shown, errorCode } = entry
  const own = (name: string, ...dimensions: readonly Dimension[]): Series => ({
    account,
    region,
    namespace: OWN_NAMESPACE,
    name,
    dimensions,
  })
  const service = shown.EventSource.replace(SERVICE_SUFFIX, '')
  return [
    ...useOf(entry),
    own('Requests'),
    own('Requests', ['Operation', shown.EventName], ['Service', service]),
    ...(errorCode === undefined ? [] : [own('Errors'), own('Errors', ['ErrorCode', errorCode])]),
  ]
}
