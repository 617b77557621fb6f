import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import pg from 'pg'
import { EncryptedColumns, SCHEMA } from '../../examples/encrypted-columns.ts'
import { ROOT } from '../cli/trent.ts'
import { missingPostgres, startPostgres } from '../support/postgres.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../support/principals.ts'
import { startTrent } from '../support/trent.ts'

const skip = missingPostgres()
const postgres = skip ? undefined : await startPostgres()
const pool = new pg.Pool({ connectionString: postgres?.url ?? '' })
const trent = await startTrent('serve', { data: 'temporary' })
const root = clientsOf(trent, trent.credentials)
const program = await newUser(root.iam, 'program', allow('kms:*'))
const asProgram = clientsOf(trent, program)
after(async () => {
  await pool.end()
  asProgram[Symbol.dispose]()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})
const { KeyMetadata } = await root.kms.send(new CreateKeyCommand({}))
const keyId = KeyMetadata?.Arn ?? ''
const newColumns = () => new EncryptedColumns({ pool, kms: asProgram.kms, keyId })
if (!skip) await pool.query(SCHEMA)

const { AWS_ENDPOINT_URL: _, ...clean } = process.env
const SAID =
  /^250 people are there\.\n(\d+) rows are under a new data key; they were used meanwhile\.\nThe data keys, 1 of them, are under another key of KMS\.\n$/

test('examples/postgres-columns.ts rotates while the table is in use', { skip }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'examples', 'postgres-columns.ts')], {
    encoding: 'utf8',
    env: { ...clean, DATABASE_URL: postgres?.url },
  })
  assert.equal(status, 0, stderr)
  assert.ok(Number(SAID.exec(stdout)?.[1]) >= 250, stdout)
})

test('the database has neither values nor data keys in the clear, and a value opens in its own row alone', {
  skip,
}, async () => {
  await pool.query('truncate people, data_keys')
  const columns = newColumns()
  const [one, other] = [await columns.insert('one', 'phone-of-one'), await columns.insert('other', 'phone-of-other')]
  const { rows } = await pool.query('select phone from people')
  assert.ok(rows.every(({ phone }) => !String(phone).includes('phone-of')))
  await pool.query('update people set phone = (select phone from people where id = $1) where id = $2', [one, other])
  assert.equal((await columns.find(one))?.phone, 'phone-of-one')
  await assert.rejects(columns.find(other))
})

test('a rotation that is stopped half way goes on with the next, and nothing is lost', { skip }, async () => {
  await pool.query('truncate people, data_keys')
  const columns = newColumns()
  const ids: string[] = []
  for (let i = 0; i < 150; i += 1) ids.push(await columns.insert(`p${i}`, `phone ${i}`))
  const put = (...statements: readonly object[]) =>
    root.iam.send(
      new PutUserPolicyCommand({
        UserName: 'program',
        PolicyName: 'inline',
        PolicyDocument: policyText(...statements),
      }),
    )
  // Makes the new data key, and may not open the old one.
  await put(allow('kms:GenerateDataKey'), deny('kms:Decrypt'))
  await assert.rejects(newColumns().rotate(), { name: 'AccessDeniedException' })
  await put(allow('kms:*'))
  const { rows } = await pool.query('select count(*) as keys from data_keys')
  assert.equal(rows[0]?.keys, '2')
  const fresh = newColumns()
  for (const [i, id] of ids.entries()) assert.equal((await fresh.find(id))?.phone, `phone ${i}`)
  assert.equal(await newColumns().rotate(), 150)
  const after = await pool.query('select count(*) as keys from data_keys')
  assert.equal(after.rows[0]?.keys, '1')
  for (const [i, id] of ids.entries()) assert.equal((await newColumns().find(id))?.phone, `phone ${i}`)
})

test('a disabled key and an absent Trent stop those who have no data key yet, and nobody else', { skip }, async () => {
  const running = newColumns()
  const id = await running.insert('someone', 'a phone')
  await root.kms.send(new DisableKeyCommand({ KeyId: keyId }))
  assert.equal((await running.find(id))?.phone, 'a phone')
  const started = newColumns()
  await assert.rejects(started.find(id), { name: 'DisabledException' })
  await assert.rejects(started.rotate(), { name: 'DisabledException' })
  await root.kms.send(new EnableKeyCommand({ KeyId: keyId }))
  assert.equal((await started.find(id))?.phone, 'a phone')
  await trent.close()
  assert.equal((await running.find(id))?.phone, 'a phone')
  const late = newColumns()
  await assert.rejects(late.find(id), /ECONNREFUSED/)
  await using back = await startTrent('serve', { data: trent.data ?? '', port: new URL(trent.url).port })
  assert.ok(back.url)
  assert.equal((await late.find(id))?.phone, 'a phone')
})
