import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denialMessage } from '../../src/policy/denial.ts'
import type { Denial, Missing, PolicySource } from '../../src/policy/types.ts'
import { KEY_ARN, session } from './builders.ts'

const REQUEST = { principal: session(), action: 'kms:Decrypt', resource: KEY_ARN }
const WHO = `User: arn:aws:sts::111122223333:assumed-role/Batch/run7 is not authorized to perform: kms:Decrypt`
const HIDDEN =
  'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access'

const implicit = (missing: Missing, hidden = false): Denial => ({ allowed: false, kind: 'implicit', missing, hidden })
const explicit = (source: PolicySource, hidden = false): Denial => ({
  allowed: false,
  kind: 'explicit',
  by: { kind: 'statement', source, index: 0 },
  hidden,
})

const MESSAGES: readonly (readonly [denial: Denial, message: string])[] = [
  [
    implicit('identity-policy'),
    `${WHO} on resource: ${KEY_ARN} because no identity-based policy allows the kms:Decrypt action`,
  ],
  [
    implicit('resource-policy'),
    `${WHO} on resource: ${KEY_ARN} because no resource-based policy allows the kms:Decrypt action`,
  ],
  [
    implicit('permissions-boundary'),
    `${WHO} on resource: ${KEY_ARN} because no permissions boundary allows the kms:Decrypt action`,
  ],
  [
    implicit('session-policy'),
    `${WHO} on resource: ${KEY_ARN} because no session policy allows the kms:Decrypt action`,
  ],
  [implicit('other-account', true), `${WHO} on this resource ${HIDDEN}`],
  [explicit('identity-policy'), `${WHO} on resource: ${KEY_ARN} with an explicit deny in an identity-based policy`],
  [explicit('key-policy'), `${WHO} on resource: ${KEY_ARN} with an explicit deny in a resource-based policy`],
  [explicit('permissions-boundary'), `${WHO} on resource: ${KEY_ARN} with an explicit deny in a permissions boundary`],
  [explicit('session-policy'), `${WHO} on resource: ${KEY_ARN} with an explicit deny in a session policy`],
  [explicit('key-policy', true), `${WHO} on this resource ${HIDDEN}`],
]

for (const [denial, message] of MESSAGES)
  test(`the message of ${JSON.stringify(denial)}`, () => {
    assert.equal(denialMessage(denial, REQUEST), message)
  })

test('the message about an operation without a key shows a star', () => {
  const message = denialMessage(implicit('identity-policy'), { ...REQUEST, action: 'kms:ListKeys', resource: '*' })
  assert.match(
    message,
    / to perform: kms:ListKeys on resource: \* because no identity-based policy allows the kms:ListKeys action$/,
  )
})

test('a key that only the ciphertext names is never shown', () => {
  for (const denial of MESSAGES.map(([denial]) => denial))
    assert.equal(
      denialMessage(denial, { ...REQUEST, isNamedByCiphertext: true }),
      `${WHO} on the resource associated with this ciphertext ${HIDDEN}`,
    )
})
