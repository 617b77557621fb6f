import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expects, type Refusal, refused } from './expectation.ts'
import type { ModelKey, PolicyName, World } from './state.ts'
import { chosenKey, nameOf, nth, step } from './step.ts'

const root = (account: string) => ({ AWS: `arn:aws:iam::${account}:root` })

const full = ({ account }: World) => ({
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: root(account),
  Action: 'kms:*',
  Resource: '*',
})
const deny = (...actions: readonly string[]) => ({
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: actions,
  Resource: '*',
})

/** What the guest may do by the policy that is open. */
export const OPEN_TO_GUESTS: readonly string[] = ['Encrypt', 'DescribeKey']

const STATEMENTS: { readonly [Name in PolicyName | 'lockout']: (world: World) => readonly object[] } = {
  default: (world) => [full(world)],
  open: (world) => [
    full(world),
    {
      Effect: 'Allow',
      Principal: root(world.guest),
      Action: OPEN_TO_GUESTS.map((operation) => `kms:${operation}`),
      Resource: '*',
    },
  ],
  noEncrypt: (world) => [full(world), deny('kms:Encrypt')],
  noTags: (world) => [full(world), deny('kms:TagResource', 'kms:UntagResource')],
  lockout: (world) => [full(world), deny('kms:PutKeyPolicy')],
}
/** The default policy has an id of its own. */
const document = (world: World, name: keyof typeof STATEMENTS) => ({
  Version: '2012-10-17',
  ...(name === 'default' ? { Id: 'key-default-1' } : {}),
  Statement: STATEMENTS[name](world),
})

export const putsPolicy = step(
  'putKeyPolicy',
  fc.record({ key: nth, name: fc.constantFrom('default', 'open', 'open', 'noEncrypt', 'noTags', 'lockout') }),
  async (world, { key: pick, name }) => {
    const key = chosenKey(world, pick)
    if (!key) return
    const input = { KeyId: nameOf(key, pick), Policy: JSON.stringify(document(world, name)) }
    const lockout: Refusal | undefined =
      name === 'lockout'
        ? [
            'MalformedPolicyDocumentException',
            'The new key policy will not allow you to update the key policy in the future.',
          ]
        : undefined
    const refusal = refused(key, 'PutKeyPolicy') ?? lockout
    await expects(world, 'PutKeyPolicy', input, key, refusal)
    if (!refusal && name !== 'lockout') key.policy = name
  },
)

export const readsPolicy = step('readPolicy', nth, async (world, pick) => {
  const key = chosenKey(world, pick)
  if (!key) return
  const named = await expects(world, 'ListKeyPolicies', { KeyId: key.arn }, key, refused(key, 'ListKeyPolicies'))
  if (named) assert.deepEqual(named.PolicyNames, ['default'])
  await comparePolicy(world, key)
})

export async function comparePolicy(world: World, key: ModelKey): Promise<void> {
  const answer = await expects(world, 'GetKeyPolicy', { KeyId: key.arn }, key, refused(key, 'GetKeyPolicy'))
  if (answer) assert.deepEqual(JSON.parse(answer.Policy), document(world, key.policy))
}
