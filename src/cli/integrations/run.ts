import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { EncryptCommand } from '@aws-sdk/client-kms'
import { runInPlace } from '../../integrations/run/child.ts'
import { openSecrets } from '../../integrations/run/open-secrets.ts'
import { contextOf, isVariableName, parseSecrets, sealedLine } from '../../integrations/run/secrets-file.ts'
import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, failure, isFailure, misuse, systemCode } from '../failure.ts'
import { parsePairs } from '../pair.ts'

type Contextual = ClientOptions & { readonly context?: readonly string[] }

/** Runs a program with the secrets of a file. It is not started when one of them cannot be had. */
export async function run(
  [command = '', ...args]: readonly string[],
  options: Contextual & { readonly secrets: string },
): Promise<Failure | undefined> {
  const context = parsePairs('--context', options.context)
  if (isFailure(context)) return context
  const entries = readSecrets(options.secrets)
  if (isFailure(entries)) return entries
  let variables: ReadonlyMap<string, string> = new Map()
  const failed = await withClient(options, async (client) => {
    const opened = await openSecrets(client, entries, context)
    if ('name' in opened) return failure(`${opened.name}: ${opened.code}: ${opened.message}`)
    variables = opened
    return undefined
  })
  if (failed) return failed
  const ended = await runInPlace(command, args, variables)
  if ('kind' in ended) return failure(`${command} cannot be run: ${ended.code}`, ended.exitCode)
  process.exitCode = ended.exitCode
  return undefined
}

function readSecrets(path: string) {
  try {
    const parsed = parseSecrets(readFileSync(path, 'utf8'))
    return 'kind' in parsed ? failure(`${path}, line ${parsed.line}: ${parsed.message}`) : parsed
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${path} cannot be read: ${code}`)
  }
}

/** Prints the line of one secret. */
export async function encryptSecret(
  name: string,
  options: Contextual & { readonly key: string },
): Promise<Failure | undefined> {
  const context = parsePairs('--context', options.context)
  if (isFailure(context)) return context
  if (!isVariableName(name)) return misuse(`'${name}' cannot be the name of a variable`)
  const read = await buffer(process.stdin)
  const Plaintext = read.at(-1) === 0x0a ? read.subarray(0, -1) : read
  if (Plaintext.includes(0)) return failure('an environment cannot hold a secret with a zero byte')
  return withClient(options, async (client) => {
    const wanted = { KeyId: options.key, Plaintext, EncryptionContext: contextOf(name, context) }
    const { CiphertextBlob = new Uint8Array() } = await client.send(new EncryptCommand(wanted))
    process.stdout.write(`${sealedLine(name, CiphertextBlob)}\n`)
    return undefined
  })
}
