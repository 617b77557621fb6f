import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Answer } from '../support/answer.ts'
import { createKey, encrypt } from '../support/key.ts'
import { ownAliases } from '../support/own-aliases.ts'
import { startTrent, type TestTrent } from '../support/trent.ts'

const trents = { dev: await startTrent('dev'), serve: await startTrent('serve') }
after(async () => {
  for (const trent of Object.values(trents)) await trent[Symbol.asyncDispose]()
})

const CALLERS = 50
const together = (call: (index: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: CALLERS }, (_, index) => call(index)))
const failures = (answers: readonly Answer[]) => answers.filter(({ status }) => status !== 200).map(({ text }) => text)

for (const [mode, trent] of Object.entries(trents)) {
  test(`${mode}: of ${CALLERS} that create the same alias at once exactly one succeeds`, async () => {
    const keys = await Promise.all([createKey(trent), createKey(trent)])
    const answers = await together((index) =>
      trent.kms('CreateAlias', { AliasName: `alias/contended`, TargetKeyId: keys[index % 2]?.KeyId }),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(
      answers.every(({ status, code }) => status === 200 || code === 'AlreadyExistsException'),
      failures(answers).join(),
    )
    const { Aliases } = await trent.ok('ListAliases')
    const winner = answers.findIndex(({ status }) => status === 200)
    assert.deepEqual(
      ownAliases(Aliases).map(({ TargetKeyId }) => TargetKeyId),
      [keys[winner % 2]?.KeyId],
    )
  })

  test(`${mode}: ${CALLERS} tags given at once are all kept`, async () => {
    const { KeyId } = await createKey(trent)
    const answers = await together((index) =>
      trent.kms('TagResource', { KeyId, Tags: [{ TagKey: `t${index}`, TagValue: '' }] }),
    )
    assert.deepEqual(failures(answers), [])
    assert.equal((await trent.ok('ListResourceTags', { KeyId })).Tags.length, CALLERS)
  })

  test(`${mode}: ${CALLERS} changes of one key at once all succeed, and none undoes another`, async () => {
    const { KeyId } = await createKey(trent)
    const kinds = [
      ['DisableKey', {}],
      ['TagResource', { Tags: [{ TagKey: 'a', TagValue: '' }] }],
      ['TagResource', { Tags: [{ TagKey: 'b', TagValue: '' }] }],
      ['UpdateKeyDescription', { Description: 'changed' }],
    ] as const
    const answers = await together((index) => {
      const [operation, input] = kinds[index % 4] ?? kinds[0]
      return trent.kms(operation, { KeyId, ...input })
    })
    assert.deepEqual(failures(answers), [])
    const { KeyMetadata } = await trent.ok('DescribeKey', { KeyId })
    assert.deepEqual([KeyMetadata.KeyState, KeyMetadata.Description], ['Disabled', 'changed'])
    assert.equal((await trent.ok('ListResourceTags', { KeyId })).Tags.length, 2)
  })

  test(`${mode}: ${CALLERS} that enable and disable a key at once all succeed`, async () => {
    const { KeyId } = await createKey(trent)
    const answers = await together((index) => trent.kms(index % 2 ? 'EnableKey' : 'DisableKey', { KeyId }))
    assert.deepEqual(failures(answers), [])
  })

  test(`${mode}: ${CALLERS} that schedule the deletion of a key at once: one succeeds`, async () => {
    const { KeyId } = await createKey(trent)
    const answers = await together(() => trent.kms('ScheduleKeyDeletion', { KeyId }))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.ok(answers.every(({ status, code }) => status === 200 || code === 'KMSInvalidStateException'))
  })

  test(`${mode}: a key is out of use when DisableKey returns, whatever decrypts meanwhile`, async () => {
    const { KeyId } = await createKey(trent)
    const blob = await encrypt(trent, KeyId, 'text')
    for (let round = 0; round < 5; round += 1) await disableUnderLoad(trent, KeyId, blob)
  })
}

/** Twenty clients decrypt without pause; what they ask after DisableKey has answered must be refused. */
async function disableUnderLoad(trent: TestTrent, KeyId: string, CiphertextBlob: string): Promise<void> {
  const late: Answer[] = []
  const seen = { isDisabled: false, before: 0 }
  const client = async () => {
    for (let after = 0; after < 3; ) {
      const isAfter = seen.isDisabled
      const answer = await trent.kms('Decrypt', { CiphertextBlob })
      if (isAfter) late.push(answer)
      else if (answer.status === 200) seen.before += 1
      if (isAfter) after += 1
    }
  }
  const clients = Array.from({ length: 20 }, client)
  while (seen.before < 20) await new Promise((resolve) => setImmediate(resolve))
  await trent.ok('DisableKey', { KeyId })
  seen.isDisabled = true
  await Promise.all(clients)
  assert.deepEqual(new Set(late.map(({ code }) => code)), new Set(['DisabledException']))
  await trent.ok('EnableKey', { KeyId })
  assert.equal((await trent.kms('Decrypt', { CiphertextBlob })).status, 200)
}
