import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { type Credentials as SessionCredentials, STSClient } from '@aws-sdk/client-sts'
import type { Credentials } from './trent.ts'
import { REGION, type TestTrent } from './trent.ts'

/** What a client signs with; temporary credentials have a token. */
export type Signer = Credentials & { readonly sessionToken?: string | undefined }

const options = ({ url }: Pick<TestTrent, 'url'>, credentials: Signer) => ({
  endpoint: url,
  region: REGION,
  credentials: identityOf(credentials),
  maxAttempts: 1,
})

function identityOf({ sessionToken, ...keys }: Signer) {
  return sessionToken === undefined ? keys : { ...keys, sessionToken }
}

/** The SDK's clients, signing as one principal; they are closed together. */
export type Clients = Disposable & { readonly iam: IAMClient; readonly sts: STSClient; readonly kms: KMSClient }

export function clientsOf(trent: Pick<TestTrent, 'url'>, credentials: Signer): Clients {
  const clients = {
    iam: new IAMClient(options(trent, credentials)),
    sts: new STSClient(options(trent, credentials)),
    kms: new KMSClient(options(trent, credentials)),
  }
  return {
    ...clients,
    [Symbol.dispose]() {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}

/** A document of the current version. */
export function policyText(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Effect: 'Allow',
  Action,
  Resource,
})
export const deny = (Action: string | readonly string[], Resource: string | readonly string[] = '*') => ({
  Effect: 'Deny',
  Action,
  Resource,
})

/** An access key as clients use it. */
export async function newAccessKey(iam: IAMClient, UserName?: string): Promise<Credentials> {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand(UserName === undefined ? {} : { UserName }))
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

/** A user with an access key and, when statements are given, with one inline policy `inline`. */
export async function newUser(
  iam: IAMClient,
  UserName: string,
  ...statements: readonly object[]
): Promise<Credentials & { readonly arn: string; readonly userId: string }> {
  const { User } = await iam.send(new CreateUserCommand({ UserName }))
  if (statements.length > 0)
    await iam.send(
      new PutUserPolicyCommand({ UserName, PolicyName: 'inline', PolicyDocument: policyText(...statements) }),
    )
  return { ...(await newAccessKey(iam, UserName)), arn: User?.Arn ?? '', userId: User?.UserId ?? '' }
}

/** Code and HTTP status of the SDK's error, for `assert.rejects`. */
export function refusal(name: string, status: number, message?: string | RegExp) {
  return (thrown: unknown): true => {
    const { name: code, message: text, $metadata } = parseFailure(thrown)
    const shown = `${code} ${$metadata.httpStatusCode}: ${text}`
    if (code !== name || $metadata.httpStatusCode !== status) throw new Error(`${shown} instead of ${name} ${status}`)
    if (message instanceof RegExp ? !message.test(text) : message !== undefined && text !== message)
      throw new Error(shown)
    return true
  }
}

type Failure = {
  readonly name: string
  readonly message: string
  readonly $metadata: { readonly httpStatusCode?: number }
}

function parseFailure(thrown: unknown): Failure {
  if (!(thrown instanceof Error) || !('$metadata' in thrown)) throw thrown
  return thrown as Failure
}

/** What an answer of STS gives to sign with. */
export function signerOf(credentials: SessionCredentials | undefined): Signer {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}
