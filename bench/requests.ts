import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { type Endpoint, type KmsClient, signedCall } from '../scripts/kms-client.ts'
import { succeeded } from '../test/support/answer.ts'

/** Requests in one file; each has a body and a signature of its own but for the repeated ciphertexts. */
const REQUESTS = 10_000
/** Different ciphertexts that Decrypt is asked about. */
const CIPHERTEXTS = 256
/** Bytes of plaintext: a data key's. */
const PLAINTEXT_BYTES = 32
const EncryptionContext = { tenant: 'acme', purpose: 'bench' }

export const OPERATIONS = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'CreateKey'] as const
export type Operation = (typeof OPERATIONS)[number]

/** What the requests are about: made once, through the service itself. */
export type Subject = { readonly keyId: string; readonly ciphertexts: readonly string[]; readonly answerBytes: number }

const plaintext = () => randomBytes(PLAINTEXT_BYTES).toString('base64')

export async function makeSubject(client: KmsClient): Promise<Subject> {
  const { KeyMetadata } = succeeded(await client.call('CreateKey', {}))
  const keyId = KeyMetadata.KeyId
  const ciphertexts: string[] = []
  for (let i = 0; i < CIPHERTEXTS; i += 1)
    ciphertexts.push(
      succeeded(await client.call('Encrypt', { KeyId: keyId, Plaintext: plaintext(), EncryptionContext }))
        .CiphertextBlob,
    )
  const answer = await client.call('Decrypt', { CiphertextBlob: ciphertexts[0], EncryptionContext })
  succeeded(answer)
  return { keyId, ciphertexts, answerBytes: Buffer.byteLength(answer.text) }
}

const INPUTS: Readonly<Record<Operation, (subject: Subject, index: number) => object>> = {
  Decrypt: ({ ciphertexts, keyId }, index) => ({
    CiphertextBlob: ciphertexts[index % ciphertexts.length],
    KeyId: keyId,
    EncryptionContext,
  }),
  Encrypt: ({ keyId }) => ({ KeyId: keyId, Plaintext: plaintext(), EncryptionContext }),
  GenerateDataKey: ({ keyId }) => ({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext }),
  CreateKey: () => ({ Description: 'bench' }),
}

/** Writes the file that replay.lua reads. Signatures are valid for five minutes. */
export function writeRequests(path: string, endpoint: Endpoint, operation: Operation, subject: Subject): void {
  writeCalls(path, endpoint, REQUESTS, (index) => [operation, INPUTS[operation](subject, index)])
}

/** Writes such a file of any calls. @param callAt - operation and input of each of `requests` calls. */
export function writeCalls(
  path: string,
  endpoint: Endpoint,
  requests: number,
  callAt: (index: number) => readonly [operation: string, input: object],
): void {
  const records: string[] = []
  for (let index = 0; index < requests; index += 1) {
    const { headers, body } = signedCall(endpoint, ...callAt(index))
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const raw = `POST / HTTP/1.1\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    records.push(`${Buffer.byteLength(raw)}\n${raw}`)
  }
  writeFileSync(path, records.join(''))
}
