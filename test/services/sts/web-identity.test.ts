import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
  PutRolePolicyCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, GenerateRandomCommand } from '@aws-sdk/client-kms'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { allow, clientsOf, policyText, refusal, signerOf } from '../../support/principals.ts'
import { REGION, startTrent } from '../../support/trent.ts'

const ISSUER = 'https://issuer.example.com/realms/ci'
const REMOTE = 'https://remote.example.com'
const keys = await generateKeyPair('ES256', { extractable: true })
const strangers = await generateKeyPair('ES256', { extractable: true })
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] })

const directory = await mkdtemp(join(tmpdir(), 'trent-oidc-'))
const file = join(directory, 'keys.json')
await writeFile(file, jwks)
const server = createServer((_request, response) => response.end(jwks))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const parsePort = (address: unknown) => (address as AddressInfo).port
const port = parsePort(server.address())

const trent = await startTrent('serve', {
  oidcKeys: [`${ISSUER}=${file}`, `${REMOTE}=http://127.0.0.1:${port}/`, 'https://absent.example.com=/nonexistent'],
})
const { iam, ...root } = clientsOf(trent, trent.credentials)
const sts = new STSClient({
  endpoint: trent.url,
  region: REGION,
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
})
after(async () => {
  root[Symbol.dispose]()
  sts.destroy()
  server.close()
  await trent[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const providerArn = `arn:aws:iam::${trent.account}:oidc-provider/issuer.example.com/realms/ci`
await iam.send(new CreateOpenIDConnectProviderCommand({ Url: ISSUER, ClientIDList: ['trent'] }))
const trust = (sub: string, Federated = providerArn) =>
  policyText({
    Effect: 'Allow',
    Principal: { Federated },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { 'issuer.example.com/realms/ci:aud': 'trent' },
      StringLike: { 'issuer.example.com/realms/ci:sub': sub },
    },
  })

async function newRole(RoleName: string, AssumeRolePolicyDocument: string): Promise<string> {
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  const PolicyDocument = policyText(allow('kms:GenerateRandom'))
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument }))
  return Role?.Arn ?? ''
}
const RoleArn = await newRole('deployer', trust('repo:trent/*'))

const NOW = Math.floor(Date.now() / 1000)
const CLAIMS = { iss: ISSUER, aud: 'trent', sub: 'repo:trent/main', iat: NOW, exp: NOW + 600 }
const token = (claims: object = {}, key = keys.privateKey, header: object = {}) =>
  new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(key)
const assume = async (WebIdentityToken: string, role = RoleArn) =>
  sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: role, RoleSessionName: 'ci', WebIdentityToken }))

test('a token of a known provider opens a session of a role that trusts it', async () => {
  const answer = await assume(await token())
  assert.deepEqual(
    [answer.Provider, answer.Audience, answer.SubjectFromWebIdentityToken],
    [providerArn, 'trent', 'repo:trent/main'],
  )
  using session = clientsOf(trent, signerOf(answer.Credentials))
  assert.equal(
    (await session.sts.send(new GetCallerIdentityCommand({}))).Arn,
    `arn:aws:sts::${trent.account}:assumed-role/deployer/ci`,
  )
  await session.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 }))
  await assert.rejects(session.kms.send(new CreateKeyCommand({})), refusal('AccessDeniedException', 400))
})

const INVALID = 'InvalidIdentityToken'
const NOT_ALLOWED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity'
const unsigned = (claims: object, header: object = { alg: 'none' }) =>
  `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
const FORGERIES: readonly (readonly [string, () => Promise<string>, string, number, string | RegExp])[] = [
  ['of another key', () => token({}, strangers.privateKey), `${INVALID}Exception`, 400, /not a valid JWT/],
  [
    'of an unknown key id',
    () => token({}, keys.privateKey, { kid: 'two' }),
    `${INVALID}Exception`,
    400,
    /retrieve verification key/,
  ],
  ['without a signature', async () => unsigned(CLAIMS), `${INVALID}Exception`, 400, /not a valid JWT/],
  ['that is none', async () => 'no token at all', `${INVALID}Exception`, 400, /not a valid JWT/],
  ['for another audience', () => token({ aud: 'other' }), `${INVALID}Exception`, 400, 'Incorrect token audience'],
  [
    'that has expired',
    () => token({ exp: NOW - 120 }),
    'ExpiredTokenException',
    400,
    /^Token expired: current date\/time/,
  ],
  ['that is not yet valid', () => token({ nbf: NOW + 600 }), `${INVALID}Exception`, 400, /not a valid JWT/],
  ['without an end', () => token({ exp: undefined }), `${INVALID}Exception`, 400, /not a valid JWT/],
  [
    'of an unknown issuer',
    () => token({ iss: 'https://evil.example.com' }),
    `${INVALID}Exception`,
    400,
    'No OpenIDConnect provider found in your account for https://evil.example.com',
  ],
  [
    'for a subject that the role does not trust',
    () => token({ sub: 'repo:evil/main' }),
    'AccessDenied',
    403,
    NOT_ALLOWED,
  ],
]
for (const [what, make, code, status, message] of FORGERIES)
  test(`a token ${what} is refused`, async () => {
    await assert.rejects(assume(await make()), refusal(code, status, message))
  })

test('a role that does not exist, or trusts another provider, is refused alike', async () => {
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: 'https://other.example.com', ClientIDList: ['trent'] }))
  const other = `arn:aws:iam::${trent.account}:oidc-provider/other.example.com`
  const foreign = await newRole('foreign', trust('*', other))
  const valid = await token()
  for (const role of [foreign, `arn:aws:iam::${trent.account}:role/nothing`])
    await assert.rejects(assume(valid, role), refusal('AccessDenied', 403, NOT_ALLOWED))
  await assert.rejects(
    assume(valid, 'arn:aws:iam::444455556666:role/deployer'),
    refusal(`${INVALID}Exception`, 400, /^No OpenIDConnect provider found/),
  )
})

test('keys are read from a URL, and a provider whose keys cannot be had is refused', async () => {
  const arnOf = (host: string) => `arn:aws:iam::${trent.account}:oidc-provider/${host}`
  for (const host of ['remote.example.com', 'absent.example.com'])
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url: `https://${host}/`, ClientIDList: ['trent'] }))
  const plain = (Federated: string) =>
    policyText({ Effect: 'Allow', Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity' })
  const remote = await newRole('remote', plain(arnOf('remote.example.com')))
  await assume(await token({ iss: REMOTE }), remote)
  const absent = await newRole('absent', plain(arnOf('absent.example.com')))
  await assert.rejects(
    assume(await token({ iss: 'https://absent.example.com' }), absent),
    refusal(`${INVALID}Exception`, 400, /^Couldn't retrieve verification key/),
  )
})

test('providers are shown, changed and deleted, and a deleted one vouches for nobody', async () => {
  const Url = 'https://accounts.example.com'
  const { OpenIDConnectProviderArn } = await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url, ThumbprintList: ['a'.repeat(40)], Tags: [{ Key: 'a', Value: 'b' }] }),
  )
  await assert.rejects(
    iam.send(new CreateOpenIDConnectProviderCommand({ Url })),
    refusal('EntityAlreadyExistsException', 409, `Provider with url ${Url} already exists.`),
  )
  for (const wrong of ['http://plain.example.com', 'accounts', 'https://a b'])
    await assert.rejects(
      iam.send(new CreateOpenIDConnectProviderCommand({ Url: wrong })),
      refusal('ValidationError', 400, 'Invalid Open ID Connect Provider URL'),
    )
  await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: 'c1' }))
  await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: 'c2' }))
  await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: 'c1' }))
  const shown = await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))
  assert.deepEqual(
    [shown.Url, shown.ClientIDList, shown.Tags],
    ['accounts.example.com', ['c2'], [{ Key: 'a', Value: 'b' }]],
  )
  await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))
  await assert.rejects(
    iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn })),
    refusal('NoSuchEntityException', 404, `OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`),
  )
  const { OpenIDConnectProviderList = [] } = await iam.send(new ListOpenIDConnectProvidersCommand({}))
  assert.ok(OpenIDConnectProviderList.every(({ Arn }) => Arn !== OpenIDConnectProviderArn))
  await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerArn }))
  await assert.rejects(assume(await token()), refusal(`${INVALID}Exception`, 400, /^No OpenIDConnect provider found/))
})
