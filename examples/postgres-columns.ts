/**
 * Encrypts a column of PostgreSQL with data keys, and rotates them while the table is in use.
 *
 *   DATABASE_URL=postgres://… npx node examples/postgres-columns.ts
 *
 * It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own, and makes the tables `data_keys` and `people`.
 */
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import pg from 'pg'
import { EncryptedColumns, SCHEMA } from './encrypted-columns.ts'
import { startTrent } from './own-trent.ts'

const PEOPLE = 250

const connectionString = process.env.DATABASE_URL
if (!connectionString) throw new Error('DATABASE_URL names no database')
await using own = process.env.AWS_ENDPOINT_URL ? undefined : await startTrent()
const kms = new KMSClient({ region: process.env.AWS_REGION ?? 'us-east-1', ...own?.client })
const newKey = async () =>
  (await kms.send(new CreateKeyCommand({ Description: 'postgres-columns' }))).KeyMetadata?.Arn ?? ''
const pool = new pg.Pool({ connectionString })
await pool.query(SCHEMA)
const keyId = await newKey()
const columns = new EncryptedColumns({ pool, kms, keyId })
const ids: string[] = []
for (let i = 0; i < PEOPLE; i += 1) ids.push(await columns.insert(`person ${i}`, `+49 30 ${i}`))
process.stdout.write(`${PEOPLE} people are there.\n`)

// Another program, which reads and writes all the time and knows nothing of the rotation.
const other = new EncryptedColumns({ pool, kms, keyId })
let isRotating = true
let uses = 0
const using_ = (async () => {
  for (; isRotating; uses += 1) {
    const at = uses % PEOPLE
    const found = await other.find(ids[at] ?? '')
    if (found?.phone !== `+49 30 ${at}`) throw new Error(`person ${at} has another phone: ${found?.phone}`)
    await other.insert('late', '+49 40 1')
  }
})()
const moved = await columns.rotate()
isRotating = false
await using_
process.stdout.write(`${moved} rows are under a new data key; they were used ${uses > 0 ? 'meanwhile' : 'never'}.\n`)

await columns.moveTo(await newKey())
const fresh = new EncryptedColumns({ pool, kms, keyId })
if ((await fresh.find(ids[7] ?? ''))?.phone !== '+49 30 7') throw new Error('person 7 has another phone')
const { rows } = await pool.query('select count(*) as keys from data_keys')
process.stdout.write(`The data keys, ${rows[0]?.keys} of them, are under another key of KMS.\n`)
await pool.end()
