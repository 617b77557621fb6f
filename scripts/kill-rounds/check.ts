import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { readEvents } from '../../src/trail/read.ts'
import type { Answer } from '../../test/support/answer.ts'
import type { KmsClient } from '../kms-client.ts'
import { type Ledger, noteAnswer, type Promises } from './ledger.ts'

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'trent')
/** Checks under way at once. */
const CHECKS_AT_ONCE = 16
/** Problems that are printed; the others are counted. */
const MISSING_SHOWN = 5

type Check = { readonly operation: string; readonly input: object; readonly holds: (answer: Answer) => boolean }

/** What shows that a promise was kept. */
function checksOf({ keys, aliases, tags, ciphertexts }: Promises): readonly Check[] {
  const tagged = Map.groupBy(tags, ({ keyId }) => keyId)
  return [
    ...keys.map((KeyId) => ({ operation: 'DescribeKey', input: { KeyId }, holds: isFound })),
    ...aliases.map(({ name, keyId }) => ({
      operation: 'DescribeKey',
      input: { KeyId: name },
      holds: (answer: Answer) => isFound(answer) && answer.output.KeyMetadata.KeyId === keyId,
    })),
    ...[...tagged].map(([KeyId, wanted]) => ({
      operation: 'ListResourceTags',
      input: { KeyId },
      holds: (answer: Answer) => wanted.every(({ name, value }) => hasTag(answer, name, value)),
    })),
    ...ciphertexts.map(({ blob, plaintext, context }) => ({
      operation: 'Decrypt',
      input: { CiphertextBlob: blob, EncryptionContext: context },
      holds: (answer: Answer) => answer.output.Plaintext === plaintext,
    })),
  ]
}

const isFound = (answer: Answer): boolean => answer.status === 200

function hasTag({ output: { Tags = [] } }: Answer, name: string, value: string): boolean {
  return Tags.some(({ TagKey, TagValue }) => TagKey === name && TagValue === value)
}

/** Asks the service for everything that was promised; what is not there becomes a problem. */
export async function checkPromises(
  client: KmsClient,
  ledger: Ledger,
  round: number,
  promises: Promises,
): Promise<void> {
  const checks = checksOf(promises).values()
  const run = async () => {
    for (const { operation, input, holds } of checks) {
      const answer = await client.call(operation, input)
      noteAnswer(ledger, round, answer)
      if (!holds(answer))
        ledger.problems.push(
          `acknowledged by round ${round} and lost: ${operation} ${JSON.stringify(input)}: ${answer.text}`,
        )
    }
  }
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, run))
}

/** Every answer ever given must have its event in the trail. @returns the events read. */
export async function checkTrail(data: string, ledger: Ledger): Promise<number> {
  const unseen = new Map(ledger.answers)
  let events = 0
  for await (const { text } of readEvents(join(data, 'trail'))) {
    events += 1
    const { requestID } = parseEvent(text)
    if (requestID !== undefined) unseen.delete(requestID)
  }
  for (const [requestId, round] of [...unseen].slice(0, MISSING_SHOWN))
    ledger.problems.push(`answered in round ${round} without a record: ${requestId}`)
  if (unseen.size > MISSING_SHOWN) ledger.problems.push(`${unseen.size} answers have no record`)
  verify(data, ledger)
  return events
}

function parseEvent(text: string): { readonly requestID?: string } {
  return JSON.parse(text)
}

/** As an operator does it. */
function verify(data: string, ledger: Ledger): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, 'trail', 'verify', '--data', data], {
    encoding: 'utf8',
  })
  if (status !== 0) ledger.problems.push(`trent trail verify fails: ${stdout}${stderr}`)
}
