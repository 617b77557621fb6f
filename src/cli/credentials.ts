import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Failure, failure, isFailure, systemCode } from './failure.ts'

export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const DATA_DIRECTORY = './data'
/** The emulator takes any; the default account is theirs. */
const MADE_UP: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
/** Where the environment names credentials, none being there is a mistake to be told, not a reason to make some up. */
const NAMED_BY = ['AWS_PROFILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_ROLE_ARN', 'AWS_CONTAINER_CREDENTIALS_FULL_URI']

/**
 * Who calls: the data directory's root access key when one is given, else what the SDK finds, else the root access key in
 * the default data directory, else made-up credentials.
 *
 * @param find - the SDK's own chain.
 */
export async function credentials(
  data: string | undefined,
  find: () => Promise<Credentials>,
): Promise<Credentials | Failure> {
  if (data !== undefined) return rootAccessKey(data)
  const found = await fromSdk(find)
  if (found !== undefined) return found
  const root = rootAccessKey(DATA_DIRECTORY)
  return isFailure(root) ? MADE_UP : root
}

async function fromSdk(find: () => Promise<Credentials>): Promise<Credentials | Failure | undefined> {
  // The machine's own role is AWS's: no Trent knows it, and asking for it takes a second where there is none.
  process.env.AWS_EC2_METADATA_DISABLED ??= 'true'
  try {
    return await find()
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== 'CredentialsProviderError') throw cause
    const named = NAMED_BY.filter((name) => process.env[name])
    return named.length === 0 ? undefined : failure(`${cause.message} (${named.join(', ')} is set)`)
  }
}

/** What `serve` wrote at its first start. */
function rootAccessKey(directory: string): Credentials | Failure {
  const path = join(directory, 'credentials')
  try {
    return parseCredentials(readFileSync(path, 'utf8')) ?? failure(`${path} holds no access key`)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined) throw cause
    return failure(`${path} cannot be read: ${code}`)
  }
}

/** The access key of the first profile in AWS's ini format, which is the only one that Trent writes. */
export function parseCredentials(text: string): Credentials | undefined {
  const value = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1]
  const accessKeyId = value('aws_access_key_id')
  const secretAccessKey = value('aws_secret_access_key')
  return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey }
}
