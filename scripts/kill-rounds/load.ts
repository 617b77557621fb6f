import { randomInt, randomUUID } from 'node:crypto'
import type { Answer } from '../../test/support/answer.ts'
import type { KmsClient } from '../kms-client.ts'
import { type Ledger, noPromises, noteAnswer, type Promises } from './ledger.ts'

/** Requests under way at once. */
const CALLERS = 16
/** Keys of one round that aliases and tags are given to: few enough that answers collide, many enough for the quotas. */
const KEYS_USED = 8
/** A server that is killed answers so, or breaks off. */
const BROKEN: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
/** Refusals that a client repeats: they promise nothing. Two callers may meet on one key. */
const NO_PROMISE: ReadonlySet<unknown> = new Set([
  'KMSInternalException',
  'ThrottlingException',
  'LimitExceededException',
  'TagException',
])

type Round = {
  readonly client: KmsClient
  readonly ledger: Ledger
  readonly number: number
  readonly made: Promises
  readonly isOver: () => boolean
}

type Action = (round: Round, keyId: string) => Promise<void>

async function call({ client, ledger, number }: Round, operation: string, input: object): Promise<Answer | undefined> {
  const answer = await client.call(operation, input)
  noteAnswer(ledger, number, answer)
  if (answer.status === 200) return answer
  if (!NO_PROMISE.has(answer.code)) ledger.problems.push(`round ${number}: ${operation} answered ${answer.text}`)
  return undefined
}

const createKey = async (round: Round) => {
  const answer = await call(round, 'CreateKey', { Description: `round ${round.number}` })
  if (answer) round.made.keys.push(answer.output.KeyMetadata.KeyId)
}

const createAlias: Action = async (round, keyId) => {
  const name = `alias/${randomUUID()}`
  if (await call(round, 'CreateAlias', { AliasName: name, TargetKeyId: keyId }))
    round.made.aliases.push({ name, keyId })
}

const tag: Action = async (round, keyId) => {
  const [name, value] = [randomUUID(), randomUUID()]
  const Tags = [{ TagKey: name, TagValue: value }]
  if (await call(round, 'TagResource', { KeyId: keyId, Tags })) round.made.tags.push({ keyId, name, value })
}

const encrypt: Action = async (round, keyId) => {
  const plaintext = Buffer.from(randomUUID()).toString('base64')
  const context = { round: String(round.number) }
  const answer = await call(round, 'Encrypt', { KeyId: keyId, Plaintext: plaintext, EncryptionContext: context })
  if (answer) round.made.ciphertexts.push({ blob: answer.output.CiphertextBlob, plaintext, context })
}

const ACTIONS: readonly Action[] = [createKey, createAlias, tag, encrypt, encrypt]

async function caller(round: Round): Promise<void> {
  while (!round.isOver()) {
    const keyId = round.made.keys[randomInt(Math.max(1, Math.min(KEYS_USED, round.made.keys.length)))]
    const action = keyId === undefined ? createKey : (ACTIONS[randomInt(ACTIONS.length)] ?? createKey)
    try {
      await action(round, keyId ?? '')
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && BROKEN.has(cause.code)) return
      throw cause
    }
  }
}

/** Calls until the service is gone. @returns what was acknowledged. */
export async function loadUntilGone(
  client: KmsClient,
  ledger: Ledger,
  number: number,
  isOver: () => boolean,
): Promise<Promises> {
  const made = noPromises()
  const round = { client, ledger, number, made, isOver }
  await Promise.all(Array.from({ length: CALLERS }, () => caller(round)))
  return made
}
