/**
 * A key that decrypts only for somebody who has shown a second factor.
 *
 *   npx node examples/require-mfa.ts
 *
 * It uses the service that AWS_ENDPOINT_URL names, as a caller who may make users, or else starts a Trent of its own. The codes
 * that a person reads from an authenticator app are calculated here. User, device and key are taken away at the end.
 */
import { createHmac } from 'node:crypto'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  DeactivateMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
} from '@aws-sdk/client-iam'
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { startTrent } from './own-trent.ts'

const STEP_MS = 30_000
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const UserName = 'mfa-example'

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

/** @param seed - base32 as the service shows it. Source: RFC 4648. */
function bytesOf(seed: string): Buffer {
  const bits = [...seed].map((char) => BASE32.indexOf(char).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** What an app shows at that time. Source: RFC 6238 over RFC 4226, section 5.3. */
function codeAt(seed: string, time: number): string {
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(time / STEP_MS)))
  const mac = createHmac('sha1', bytesOf(seed)).update(step).digest()
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

/** The account's administrators keep the key; who decrypts must have shown the factor, whatever else allows it. */
function policyFor(account: string, user: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'administer',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:Put*', 'kms:ScheduleKeyDeletion'],
        Resource: '*',
      },
      { Sid: 'encrypt', Effect: 'Allow', Principal: { AWS: user }, Action: 'kms:Encrypt', Resource: '*' },
      {
        Sid: 'decryptWithMfa',
        Effect: 'Allow',
        Principal: { AWS: user },
        Action: 'kms:Decrypt',
        Resource: '*',
        // Long-term credentials do not carry this key at all, so that Bool does not match them.
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      },
    ],
  })
}

/** Resolves when the call is refused with AccessDenied; throws when it is not. */
async function refused(what: string, call: Promise<unknown>): Promise<void> {
  const answer = await call.then(
    () => 'allowed',
    (thrown: unknown) => (thrown instanceof Error ? thrown.name : 'unknown'),
  )
  if (!answer.startsWith('AccessDenied')) throw new Error(`${what} is ${answer}`)
  process.stdout.write(`${what} is refused.\n`)
}

await using own = process.env.AWS_ENDPOINT_URL ? undefined : await startTrent()
const options = { region: process.env.AWS_REGION ?? 'us-east-1', ...own?.client }
const [iam, sts, kms] = [new IAMClient(options), new STSClient(options), new KMSClient(options)]

const { Account = '' } = await sts.send(new GetCallerIdentityCommand({}))
const { User } = await iam.send(new CreateUserCommand({ UserName }))
const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
const longTerm: Credentials = {
  accessKeyId: AccessKey?.AccessKeyId ?? '',
  secretAccessKey: AccessKey?.SecretAccessKey ?? '',
}
const { VirtualMFADevice } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: UserName }))
const SerialNumber = VirtualMFADevice?.SerialNumber ?? ''
// Shown this once; an app would take it as otpauth://totp/NAME?secret=SEED.
const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()
const now = Date.now()
// No code is good twice: the two before the present one enable the device, the present one is left for the session.
await iam.send(
  new EnableMFADeviceCommand({
    UserName,
    SerialNumber,
    AuthenticationCode1: codeAt(seed, now - 2 * STEP_MS),
    AuthenticationCode2: codeAt(seed, now - STEP_MS),
  }),
)
const policy = policyFor(Account, User?.Arn ?? '')
const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policy, Description: 'require-mfa' }))
const KeyId = KeyMetadata?.KeyId ?? ''

const client = (credentials: Credentials) => new KMSClient({ ...options, credentials })
const plain = client(longTerm)
const { CiphertextBlob } = await plain.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('for two factors') }))
await refused('Decrypt with the access key alone', plain.send(new DecryptCommand({ CiphertextBlob })))

const user = new STSClient({ ...options, credentials: longTerm })
const session = async (factor: { SerialNumber: string; TokenCode: string } | undefined): Promise<Credentials> => {
  const { Credentials: made } = await user.send(new GetSessionTokenCommand({ DurationSeconds: 900, ...factor }))
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = made ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}
await refused(
  'Decrypt in a session without the code',
  client(await session(undefined)).send(new DecryptCommand({ CiphertextBlob })),
)
const TokenCode = codeAt(seed, now)
const strong = client(await session({ SerialNumber, TokenCode }))
const { Plaintext } = await strong.send(new DecryptCommand({ CiphertextBlob }))
if (Buffer.from(Plaintext ?? []).toString() !== 'for two factors') throw new Error('the decrypted text differs')
process.stdout.write('Decrypt in a session with the code succeeds.\n')
await refused('A session with the same code again', session({ SerialNumber, TokenCode }))

await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
await iam.send(new DeactivateMFADeviceCommand({ UserName, SerialNumber }))
await iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber }))
await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: longTerm.accessKeyId }))
await iam.send(new DeleteUserCommand({ UserName }))
