import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { allow, clientsOf, policyText, refusal } from '../support/principals.ts'
import { REGION, startTrent } from '../support/trent.ts'

// A workload as in Kubernetes: no credentials, but a file with a token, and the name of a role. Nothing else of the
// environment may help it.
for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
const directory = await mkdtemp(join(tmpdir(), 'trent-web-identity-'))
const [keysFile, tokenFile] = [join(directory, 'keys.json'), join(directory, 'token')]

const ISSUER = 'https://kubernetes.example.com'
const SUBJECT = 'system:serviceaccount:billing:worker'
const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
await writeFile(
  keysFile,
  JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }] }),
)

const trent = await startTrent('serve', { oidcKeys: [`${ISSUER}=${keysFile}`] })
const { iam, kms: rootKms, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})
await iam.send(new CreateOpenIDConnectProviderCommand({ Url: ISSUER, ClientIDList: ['sts.amazonaws.com'] }))
const trust = policyText({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::${trent.account}:oidc-provider/kubernetes.example.com` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: { StringEquals: { 'kubernetes.example.com:sub': SUBJECT } },
})
const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'worker', AssumeRolePolicyDocument: trust }))
const { KeyMetadata } = await rootKms.send(new CreateKeyCommand({}))
const { CiphertextBlob } = await rootKms.send(
  new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('for the worker') }),
)
const mayDecrypt = {
  RoleName: 'worker',
  PolicyName: 'decrypt',
  PolicyDocument: policyText(allow('kms:Decrypt', KeyMetadata?.Arn)),
}
await iam.send(new PutRolePolicyCommand(mayDecrypt))

Object.assign(process.env, {
  AWS_ENDPOINT_URL: trent.url,
  AWS_REGION: REGION,
  AWS_ROLE_ARN: Role?.Arn,
  AWS_ROLE_SESSION_NAME: 'pod-1',
  AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: join(directory, 'no-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(directory, 'no-credentials'),
  AWS_MAX_ATTEMPTS: '1',
})

/** Writes a token as the platform does, seconds from now until it expires. */
async function present(claims: object = {}, lifetime = 600): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  const own = { iss: ISSUER, aud: 'sts.amazonaws.com', sub: SUBJECT, iat: now - 3600, exp: now + lifetime }
  const token = new SignJWT({ ...own, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k' })
  await writeFile(tokenFile, await token.sign(privateKey))
}

/** A client that is told nothing: endpoint, Region and credentials come from the environment. */
async function asWorkload<T>(use: (kms: KMSClient) => Promise<T>): Promise<T> {
  const kms = new KMSClient({})
  try {
    return await use(kms)
  } finally {
    kms.destroy()
  }
}
const decrypt = () => asWorkload((kms) => kms.send(new DecryptCommand({ CiphertextBlob })))

test('a client with a token file and a role in its environment decrypts as a session of the role', async () => {
  await present()
  const { Plaintext } = await decrypt()
  assert.equal(Buffer.from(Plaintext ?? []).toString(), 'for the worker')
  const sts = new STSClient({})
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  sts.destroy()
  assert.equal(Arn, `arn:aws:sts::${trent.account}:assumed-role/worker/pod-1`)
})

test('the session may what the role may, and no more', async () => {
  await present()
  await assert.rejects(
    asWorkload((kms) =>
      kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('not the worker') })),
    ),
    refusal('AccessDeniedException', 400, /assumed-role\/worker\/pod-1 is not authorized to perform: kms:Encrypt/),
  )
})

test('a session that is open loses with the next call what the role loses', async () => {
  await present()
  await asWorkload(async (kms) => {
    await kms.send(new DecryptCommand({ CiphertextBlob }))
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'worker', PolicyName: 'decrypt' }))
    await assert.rejects(kms.send(new DecryptCommand({ CiphertextBlob })), refusal('AccessDeniedException', 400))
    await iam.send(new PutRolePolicyCommand(mayDecrypt))
    await kms.send(new DecryptCommand({ CiphertextBlob }))
  })
})

const REFUSED = [
  ['that has expired', () => present({}, -120), 'ExpiredTokenException', /^Token expired: current date\/time/],
  [
    'for another audience',
    () => present({ aud: 'vault' }),
    'InvalidIdentityTokenException',
    'Incorrect token audience',
  ],
] as const
for (const [what, make, code, message] of REFUSED)
  test(`a token ${what} opens no session`, async () => {
    await make()
    await assert.rejects(decrypt(), refusal(code, 400, message))
  })

test('a token of another workload opens no session of the role', async () => {
  await present({ sub: 'system:serviceaccount:billing:other' })
  await assert.rejects(
    decrypt(),
    refusal('AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity'),
  )
})

test('a token file that holds no token opens no session', async () => {
  await writeFile(tokenFile, 'no token at all')
  await assert.rejects(decrypt(), refusal('InvalidIdentityTokenException', 400))
})
