import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateRoleCommand,
  CreateVirtualMFADeviceCommand,
  DeactivateMFADeviceCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  GetUserCommand,
  ListMFADevicesCommand,
  ListVirtualMFADevicesCommand,
  ResyncMFADeviceCommand,
} from '@aws-sdk/client-iam'
import { GenerateRandomCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { allow, type Clients, clientsOf, newUser, policyText, refusal, signerOf } from '../../support/principals.ts'
import { totp } from '../../support/totp.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const STEP_MS = 30_000
const trent = await startTrent('dev', { auth: 'enforce' })
after(() => trent.close())

const account = newAccount()
const { iam, ...root } = clientsOf(trent, { accessKeyId: account, secretAccessKey: 'anything' })
after(() => root[Symbol.dispose]())

// The emulator's clock stands where the test puts it, so that codes are of a known time.
const instant = async (order: object) => {
  const { text } = await trent.control('POST', '/_trent/clock', order)
  return Date.parse(JSON.parse(text).now)
}
const now = async () => Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now)
/** To the middle of a later step. */
async function nextStep(): Promise<number> {
  const time = (Math.floor((await now()) / STEP_MS) + 1.5) * STEP_MS
  return instant({ set: new Date(time).toISOString() })
}

async function newDevice(VirtualMFADeviceName: string) {
  const { VirtualMFADevice } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName }))
  return { serial: VirtualMFADevice?.SerialNumber ?? '', seed: VirtualMFADevice?.Base32StringSeed ?? new Uint8Array() }
}

/** A user with a device that is enabled. */
async function userWithDevice(UserName: string, ...statements: readonly object[]) {
  const key = await newUser(iam, UserName, ...statements)
  const { serial: SerialNumber, seed } = await newDevice(UserName)
  const time = await nextStep()
  await iam.send(
    new EnableMFADeviceCommand({
      UserName,
      SerialNumber,
      AuthenticationCode1: totp(seed, time - STEP_MS),
      AuthenticationCode2: totp(seed, time),
    }),
  )
  const clients: Clients = clientsOf(trent, key)
  after(() => clients[Symbol.dispose]())
  return { ...clients, ...key, SerialNumber, seed }
}

const FAILED = 'MultiFactorAuthentication failed'
const random = new GenerateRandomCommand({ NumberOfBytes: 8 })
const demanding = { ...allow('*'), Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }

test('a device is enabled by two codes that follow each other, and by nothing else', async () => {
  await newUser(iam, 'owner')
  const { serial: SerialNumber, seed } = await newDevice('device')
  assert.equal(SerialNumber, `arn:aws:iam::${account}:mfa/device`)
  assert.match(Buffer.from(seed).toString(), /^[A-Z2-7]{64}$/)
  const time = await nextStep()
  const [before, present] = [totp(seed, time - STEP_MS), totp(seed, time)]
  const enable = (AuthenticationCode1: string, AuthenticationCode2: string) =>
    iam.send(new EnableMFADeviceCommand({ UserName: 'owner', SerialNumber, AuthenticationCode1, AuthenticationCode2 }))
  const INVALID = refusal('InvalidAuthenticationCodeException', 403, 'Authentication code for device is not valid.')
  await assert.rejects(enable(present, before), INVALID)
  await assert.rejects(enable(before, before), INVALID)
  await assert.rejects(enable(totp(seed, time - 900_000), totp(seed, time - 870_000)), INVALID)
  await assert.rejects(enable('12345', '123456'), refusal('ValidationError', 400))
  await enable(before, present)
  await assert.rejects(enable(before, present), refusal('EntityAlreadyExistsException', 409))
  const { MFADevices } = await iam.send(new ListMFADevicesCommand({ UserName: 'owner' }))
  assert.deepEqual(
    MFADevices?.map((device) => [device.UserName, device.SerialNumber]),
    [['owner', SerialNumber]],
  )
  await assert.rejects(
    iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber })),
    refusal('DeleteConflictException', 409),
  )
  const { VirtualMFADevices } = await iam.send(new ListVirtualMFADevicesCommand({ AssignmentStatus: 'Assigned' }))
  assert.equal(VirtualMFADevices?.[0]?.User?.UserName, 'owner')
  assert.equal(VirtualMFADevices?.[0]?.Base32StringSeed, undefined)
})

test('a session with MFA may what a policy demands it for, and one without may not', async () => {
  const user = await userWithDevice('careful', demanding)
  const { SerialNumber, seed } = user
  await assert.rejects(user.kms.send(random), refusal('AccessDeniedException', 400))
  using plain = clientsOf(trent, signerOf((await user.sts.send(new GetSessionTokenCommand({}))).Credentials))
  await assert.rejects(plain.kms.send(random), refusal('AccessDeniedException', 400))
  const time = await nextStep()
  const TokenCode = totp(seed, time)
  const { Credentials } = await user.sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode }))
  using strong = clientsOf(trent, signerOf(Credentials))
  await strong.kms.send(random)
  assert.equal((await strong.iam.send(new GetUserCommand({}))).User?.UserName, 'careful')
})

test('no code is good twice, none is good for long, and none is good for another', async () => {
  const user = await userWithDevice('replayed', allow('*'))
  const other = await userWithDevice('other', allow('*'))
  const { SerialNumber, seed } = user
  const time = await nextStep()
  const session = (by: Clients, given: object) => by.sts.send(new GetSessionTokenCommand(given))
  const TokenCode = totp(seed, time)
  await session(user, { SerialNumber, TokenCode })
  const WRONG = refusal('AccessDenied', 403, `${FAILED} with invalid MFA one time pass code.`)
  await assert.rejects(session(user, { SerialNumber, TokenCode }), WRONG)
  await assert.rejects(session(user, { SerialNumber, TokenCode: totp(seed, time - STEP_MS) }), WRONG)
  const HALF = refusal('AccessDenied', 403, `${FAILED}, must provide both MFA serial number and one time pass code.`)
  await assert.rejects(session(user, { SerialNumber }), HALF)
  await assert.rejects(session(user, { TokenCode }), HALF)
  const NOT_OWN = refusal(
    'AccessDenied',
    403,
    `${FAILED}, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.`,
  )
  const later = await nextStep()
  await assert.rejects(session(other, { SerialNumber, TokenCode: totp(seed, later) }), NOT_OWN)
  await assert.rejects(
    session(user, { SerialNumber: `arn:aws:iam::${account}:mfa/none`, TokenCode: '123456' }),
    NOT_OWN,
  )
  await session(user, { SerialNumber, TokenCode: totp(seed, later + STEP_MS) })
  await instant({ advance: 'PT10M' })
  await assert.rejects(session(user, { SerialNumber, TokenCode: totp(seed, later + 2 * STEP_MS) }), WRONG)
})

test('of requests that bring one code at once one is answered', async () => {
  const user = await userWithDevice('at-once', allow('*'))
  const TokenCode = totp(user.seed, await nextStep())
  const input = { SerialNumber: user.SerialNumber, TokenCode }
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, () => user.sts.send(new GetSessionTokenCommand(input))),
  )
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('who guesses is stopped, until some time has passed', async () => {
  const user = await userWithDevice('guessed', allow('*'))
  const { SerialNumber, seed } = user
  const time = await nextStep()
  const right = totp(seed, time)
  const wrong = [totp(seed, time - 900_000), totp(seed, time + 900_000)].find((code) => code !== right)
  for (let round = 0; round < 5; round++)
    await assert.rejects(user.sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: wrong })))
  await assert.rejects(
    user.sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: right })),
    refusal('AccessDenied', 403),
  )
  await instant({ advance: 'PT5M' })
  const TokenCode = totp(seed, await nextStep())
  await user.sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode }))
})

test('a role that demands MFA is for those who bring a code', async () => {
  const user = await userWithDevice('assumer', allow('sts:AssumeRole'))
  const trust = policyText({
    Effect: 'Allow',
    Principal: { AWS: user.arn },
    Action: 'sts:AssumeRole',
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, NumericLessThan: { 'aws:MultiFactorAuthAge': '60' } },
  })
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'guarded', AssumeRolePolicyDocument: trust }))
  const assume = (given: object) =>
    user.sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 's1', ...given }))
  await assert.rejects(assume({}), refusal('AccessDenied', 403))
  const TokenCode = totp(user.seed, await nextStep())
  await assert.rejects(
    assume({ SerialNumber: user.SerialNumber, TokenCode: TokenCode === '000000' ? '000001' : '000000' }),
    refusal('AccessDenied', 403, `${FAILED} with invalid MFA one time pass code.`),
  )
  const { Credentials } = await assume({ SerialNumber: user.SerialNumber, TokenCode })
  assert.match(Credentials?.AccessKeyId ?? '', /^ASIA/)
})

test('a device that is resynchronized and deactivated is free again', async () => {
  const user = await userWithDevice('leaver', allow('*'))
  const { SerialNumber, seed, UserName } = { ...user, UserName: 'leaver' }
  const time = await nextStep()
  await nextStep()
  await iam.send(
    new ResyncMFADeviceCommand({
      UserName,
      SerialNumber,
      AuthenticationCode1: totp(seed, time),
      AuthenticationCode2: totp(seed, time + STEP_MS),
    }),
  )
  await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: user.accessKeyId }))
  const { DeleteUserPolicyCommand } = await import('@aws-sdk/client-iam')
  await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'inline' }))
  await assert.rejects(
    iam.send(new DeleteUserCommand({ UserName })),
    refusal('DeleteConflictException', 409, 'Cannot delete entity, must delete MFA device first.'),
  )
  await iam.send(new DeactivateMFADeviceCommand({ UserName, SerialNumber }))
  await assert.rejects(
    iam.send(new DeactivateMFADeviceCommand({ UserName, SerialNumber })),
    refusal('NoSuchEntityException', 404, `VirtualMFADevice with serial number ${SerialNumber} does not exist.`),
  )
  await iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber }))
  await iam.send(new DeleteUserCommand({ UserName }))
})

test('a session ends by the clock, and says so', async () => {
  const user = await userWithDevice('short', allow('*'))
  const { Credentials } = await user.sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
  using session = clientsOf(trent, signerOf(Credentials))
  await session.sts.send(new GetCallerIdentityCommand({}))
  await session.kms.send(random)
  await instant({ advance: 'PT14M59S' })
  await session.kms.send(random)
  await instant({ advance: 'PT2S' })
  const EXPIRED = 'The security token included in the request is expired'
  await assert.rejects(session.kms.send(random), refusal('ExpiredTokenException', 400, EXPIRED))
  await assert.rejects(session.sts.send(new GetCallerIdentityCommand({})), refusal('ExpiredToken', 403, EXPIRED))
})
