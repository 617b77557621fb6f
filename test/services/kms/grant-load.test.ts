import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DecryptCommand, EncryptCommand, RetireGrantCommand, RevokeGrantCommand } from '@aws-sdk/client-kms'
import { grant, makeKey, openAccount } from '../../support/grants.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const owner = openAccount(trent)
const worker = openAccount(trent)
after(async () => {
  for (const { kms } of [owner, worker]) kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const { KeyId, Arn } = await makeKey(owner)
const { CiphertextBlob } = await owner.kms.send(
  new EncryptCommand({ KeyId, Plaintext: Buffer.from('text'), EncryptionContext: { a: '1' } }),
)
const WANTED = { KeyId, GranteePrincipal: worker.root, RetiringPrincipal: worker.root }

type Use = { readonly startedAt: number; readonly name: string | undefined }

/** Uses the grant again and again, several times at once, until told to stop. */
function useConstantly(lanes: number): { stop(): Promise<readonly Use[]> } {
  const uses: Use[] = []
  let isStopped = false
  const lane = async () => {
    while (!isStopped) {
      const startedAt = performance.now()
      const call = worker.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { a: '1' } }))
      const name = await call.then(
        () => undefined,
        (refused: Error) => refused.name,
      )
      uses.push({ startedAt, name })
    }
  }
  const running = Array.from({ length: lanes }, lane)
  return {
    async stop() {
      isStopped = true
      await Promise.all(running)
      return uses
    },
  }
}

const ROUNDS = 12
test('no call that starts after a grant was ended succeeds, and none that starts after it was made is refused', async () => {
  const load = useConstantly(8)
  const periods: { readonly from: number; readonly to: number; readonly isGranted: boolean }[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const { GrantId, GrantToken } = await grant(owner, { ...WANTED, Operations: ['Decrypt'] })
    const from = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 25))
    const to = performance.now()
    periods.push({ from, to, isGranted: true })
    if (round % 2) await worker.kms.send(new RetireGrantCommand({ GrantToken }))
    else await owner.kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
    const ended = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 25))
    periods.push({ from: ended, to: performance.now(), isGranted: false })
  }
  const uses = await load.stop()
  let judged = 0
  for (const { from, to, isGranted } of periods)
    for (const { startedAt, name } of uses) {
      if (startedAt <= from || startedAt >= to) continue
      // A call that starts while it is granted may still meet the end of the grant.
      if (isGranted && name === 'AccessDeniedException') assert.ok(to - startedAt < 25)
      else assert.equal(name, isGranted ? undefined : 'AccessDeniedException')
      judged += 1
    }
  assert.ok(judged > 100, `${judged} calls`)
  assert.ok(uses.some(({ name }) => name === undefined) && uses.some(({ name }) => name !== undefined))
})

test('many grants made and ended at once leave exactly those that were not ended', async () => {
  const all = await Promise.all(Array.from({ length: 60 }, () => grant(owner, { ...WANTED, Operations: ['Encrypt'] })))
  assert.equal(new Set(all.map(({ GrantId }) => GrantId)).size, 60)
  const gone = all.slice(0, 40)
  await Promise.all(
    gone.map(({ GrantId, GrantToken }, i) =>
      i % 2
        ? owner.kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
        : worker.kms.send(new RetireGrantCommand({ GrantToken })),
    ),
  )
  const left = await trent.ok('ListGrants', { KeyId, Limit: 100 }, { account: owner.id })
  assert.deepEqual(
    left.Grants.map(({ GrantId }) => GrantId).toSorted(),
    all
      .slice(40)
      .map(({ GrantId }) => GrantId)
      .toSorted(),
  )
  await worker.kms.send(new EncryptCommand({ KeyId: Arn, Plaintext: Buffer.from('a') }))
})
