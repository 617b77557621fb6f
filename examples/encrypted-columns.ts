import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient, ReEncryptCommand } from '@aws-sdk/client-kms'
import type { Pool } from 'pg'

/**
 * Columns of PostgreSQL that only the program reads: values are encrypted with data keys, and those are kept in the database
 * encrypted under a key of KMS. One data key encrypts from now on; each value names the one that it was encrypted with, so that
 * old and new ones can stand side by side while the rows are brought from one to the other.
 */
export const SCHEMA = `
  create table if not exists data_keys (
    id uuid primary key default gen_random_uuid(),
    ciphertext bytea not null,
    is_current boolean not null,
    created_at timestamptz not null default now());
  create unique index if not exists one_current_data_key on data_keys (is_current) where is_current;
  create table if not exists people (
    id bigint generated always as identity primary key,
    name text not null,
    phone bytea not null,
    data_key uuid not null references data_keys);
  create index if not exists people_by_data_key on people (data_key);`

type DataKey = { readonly id: string; readonly bytes: Buffer }
export type Person = { readonly id: string; readonly name: string; readonly phone: string }

const IV_BYTES = 12
const TAG_BYTES = 16
/** Milliseconds in which a program goes on encrypting with a data key that is no longer the current one. */
const CURRENT_FOR_MS = 1_000
/** Rows that one transaction of a rotation brings to the new data key: so many are locked, and for a moment. */
const BATCH = 100

export class EncryptedColumns {
  readonly #pool: Pool
  readonly #kms: KMSClient
  readonly #keyId: string
  readonly #opened = new Map<string, Promise<DataKey>>()
  #current: { readonly id: string; readonly until: number } | undefined

  constructor({ pool, kms, keyId }: { readonly pool: Pool; readonly kms: KMSClient; readonly keyId: string }) {
    this.#pool = pool
    this.#kms = kms
    this.#keyId = keyId
  }

  async insert(name: string, phone: string): Promise<string> {
    const { rows } = await this.#pool.query("select nextval(pg_get_serial_sequence('people', 'id')) as id")
    const id = String(rows[0]?.id)
    const key = await this.#currentKey()
    await this.#pool.query(
      'insert into people (id, name, phone, data_key) overriding system value values ($1, $2, $3, $4)',
      [id, name, seal(key, `people.phone.${id}`, phone), key.id],
    )
    return id
  }

  async find(id: string): Promise<Person | undefined> {
    const { rows } = await this.#pool.query('select name, phone, data_key from people where id = $1', [id])
    const [row] = rows
    return row && { id, name: row.name, phone: open(await this.#open(row.data_key), `people.phone.${id}`, row.phone) }
  }

  /**
   * Makes a new data key and brings every row to it, while others read and write. What is stopped half way goes on with the next
   * call; data keys that no row names any more are taken away at the end.
   *
   * @returns how many rows were brought to it.
   */
  async rotate(): Promise<number> {
    await this.#makeCurrent()
    // Programs that know the old one may write with it for a moment longer.
    await new Promise((resolve) => setTimeout(resolve, 2 * CURRENT_FOR_MS))
    let moved = 0
    for (let count = BATCH; count === BATCH; moved += count) count = await this.#moveSome()
    await this.#pool.query(
      'delete from data_keys where not is_current and not exists (select from people where data_key = data_keys.id)',
    )
    return moved
  }

  /** Brings the data keys under another key of KMS. Neither rows nor plaintexts are touched. */
  async moveTo(keyId: string): Promise<void> {
    const { rows } = await this.#pool.query('select id, ciphertext from data_keys')
    for (const { id, ciphertext } of rows) {
      const context = { 'postgres:data-key': String(id) }
      const { CiphertextBlob } = await this.#kms.send(
        new ReEncryptCommand({
          CiphertextBlob: ciphertext,
          SourceEncryptionContext: context,
          DestinationKeyId: keyId,
          DestinationEncryptionContext: context,
        }),
      )
      await this.#pool.query('update data_keys set ciphertext = $2 where id = $1', [
        id,
        Buffer.from(CiphertextBlob ?? []),
      ])
    }
  }

  async #moveSome(): Promise<number> {
    const client = await this.#pool.connect()
    try {
      await client.query('begin')
      const key = await this.#currentKey()
      const { rows } = await client.query(
        'select id, phone, data_key from people where data_key <> $1 order by id limit $2 for update',
        [key.id, BATCH],
      )
      for (const { id, phone, data_key } of rows) {
        const text = open(await this.#open(data_key), `people.phone.${id}`, phone)
        await client.query('update people set phone = $2, data_key = $3 where id = $1', [
          id,
          seal(key, `people.phone.${id}`, text),
          key.id,
        ])
      }
      await client.query('commit')
      return rows.length
    } catch (cause) {
      await client.query('rollback')
      throw cause
    } finally {
      client.release()
    }
  }

  async #currentKey(): Promise<DataKey> {
    if (this.#current && this.#current.until > Date.now()) return this.#open(this.#current.id)
    const { rows } = await this.#pool.query('select id from data_keys where is_current')
    const id: string = rows[0]?.id ?? (await this.#makeCurrent())
    this.#current = { id, until: Date.now() + CURRENT_FOR_MS }
    return this.#open(id)
  }

  /** KMS is asked before anything changes. */
  async #makeCurrent(): Promise<string> {
    const id = crypto.randomUUID()
    const made = await this.#kms.send(
      new GenerateDataKeyCommand({
        KeyId: this.#keyId,
        KeySpec: 'AES_256',
        EncryptionContext: { 'postgres:data-key': id },
      }),
    )
    const client = await this.#pool.connect()
    try {
      await client.query('begin')
      await client.query('lock table data_keys in share row exclusive mode')
      await client.query('update data_keys set is_current = false where is_current')
      await client.query('insert into data_keys (id, ciphertext, is_current) values ($1, $2, true)', [
        id,
        Buffer.from(made.CiphertextBlob ?? []),
      ])
      await client.query('commit')
    } catch (cause) {
      await client.query('rollback')
      throw cause
    } finally {
      client.release()
    }
    this.#opened.set(id, Promise.resolve({ id, bytes: Buffer.from(made.Plaintext ?? []) }))
    this.#current = { id, until: Date.now() + CURRENT_FOR_MS }
    return id
  }

  /** One call of KMS for each data key; one that failed is asked for again. */
  #open(id: string): Promise<DataKey> {
    const known = this.#opened.get(id)
    if (known) return known
    const opening = this.#decrypt(id)
    this.#opened.set(id, opening)
    opening.catch(() => this.#opened.delete(id))
    return opening
  }

  async #decrypt(id: string): Promise<DataKey> {
    const { rows } = await this.#pool.query('select ciphertext from data_keys where id = $1', [id])
    const wanted = { CiphertextBlob: rows[0]?.ciphertext, EncryptionContext: { 'postgres:data-key': id } }
    const { Plaintext } = await this.#kms.send(new DecryptCommand(wanted))
    return { id, bytes: Buffer.from(Plaintext ?? []) }
  }
}

/** @param place - table, column and row: a value that is moved elsewhere does not open. */
function seal({ bytes }: DataKey, place: string, text: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', bytes, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(place))
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Throws when the value was changed or is of another place. */
function open({ bytes }: DataKey, place: string, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', bytes, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const text = decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES))
  return Buffer.concat([text, decipher.final()]).toString('utf8')
}
