import fc from 'fast-check'
import { type Caller, type Context, KEY, type Pairs, type Request, ROLE } from '../world.ts'
import { CALLERS, OPERATIONS, RESOURCES_ASKED } from './names.ts'
import { pairs, wishes } from './worlds.ts'

/** Condition keys with values; a request carries some of them. */
const CARRIED: readonly (readonly [string, string | readonly string[]])[] = [
  ['aws:PrincipalTag/team', 'red'],
  ['aws:PrincipalTag/team', 'Red'],
  ['aws:PrincipalTag/team', 'r*'],
  ['aws:PrincipalTag/team', ''],
  ['aws:PrincipalTag/tail', 'ed'],
  ['aws:PrincipalTag/tail', '*'],
  ['aws:PrincipalTag/blob', 'YQ=='],
  ['aws:PrincipalTag/blob', 'YQ'],
  ['aws:PrincipalTag/key', '1234abcd-12ab-34cd-56ef-1234567890ab'],
  ['aws:PrincipalTag/key', '*'],
  ['aws:ResourceTag/team', 'red'],
  ['aws:ResourceTag/Team', 'blue'],
  ['aws:RequestTag/team', 'red'],
  ['kms:ViaService', 's3.us-east-1.amazonaws.com'],
  ['aws:TagKeys', ['team', 'App']],
  ['aws:TagKeys', ['Tenant']],
  ['aws:TagKeys', []],
  ['kms:ResourceAliases', ['alias/app', 'alias/b']],
  ['kms:GrantOperations', ['Decrypt']],
  ['kms:GrantOperations', ['Encrypt', 'Decrypt']],
  ['kms:RotationPeriodInDays', '10'],
  ['kms:RotationPeriodInDays', '365'],
  ['aws:MultiFactorAuthAge', '9.5'],
  ['kms:ValidTo', '1772366400.0'],
  ['aws:TokenIssueTime', '2026-02-28T00:00:00Z'],
  ['aws:MultiFactorAuthPresent', 'true'],
  ['aws:MultiFactorAuthPresent', 'false'],
  ['kms:MultiRegion', 'False'],
  ['aws:SourceArn', 'arn:aws:s3:::bucket/a:b'],
  ['aws:SourceArn', 'bucket'],
  ['aws:SourceIp', '203.0.113.9'],
  ['aws:SourceIp', '198.51.100.1'],
  ['aws:SourceIp', '2001:db8::5'],
  ['aws:SourceIp', 'unknown'],
]

const ALWAYS: Context = {
  'aws:SecureTransport': 'true',
  'aws:CurrentTime': '2026-03-01T12:00:00Z',
  'aws:EpochTime': '1772366400',
}

function ownContext({ type, arn, account, behind }: Caller): Context {
  const named = type === 'role-session' && behind ? behind : arn
  return {
    'aws:PrincipalArn': named,
    ...(account ? { 'aws:PrincipalAccount': account, 'kms:CallerAccount': account } : {}),
    ...(type === 'user' ? { 'aws:username': arn.slice(arn.lastIndexOf('/') + 1) } : {}),
  }
}

/** Names that differ only in case give one condition key several values. */
function pairContext(all: Pairs): Context {
  const names = Object.keys(all)
  const each = Object.entries(all).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])
  return names.length === 0 ? {} : { ...Object.fromEntries(each), 'kms:EncryptionContextKeys': names }
}

type Kind = Request['on']
const kinds = fc.constantFrom<Kind>('key', 'key', 'key', 'key', 'key', 'key', 'account', 'role')

const RESOURCES: Readonly<Record<Kind, readonly string[]>> = { key: [KEY], account: RESOURCES_ASKED, role: [ROLE] }

export const requests: fc.Arbitrary<Request> = fc
  .tuple(
    kinds,
    fc.constantFrom(...CALLERS),
    fc.constantFrom(...OPERATIONS),
    fc.nat(1),
    fc.array(fc.constantFrom(...CARRIED), { maxLength: 12, size: 'medium' }),
    pairs,
    wishes,
    fc.nat(2),
  )
  .map(([kind, caller, operation, place, carried, encryptionContext, wanted, retire]) => {
    // Holders of tokens can ask for nothing but a role.
    const on = caller.type === 'web-identity' ? 'role' : kind
    return {
      on,
      caller,
      operation,
      resource: RESOURCES[on][place % RESOURCES[on].length] ?? KEY,
      context: { ...ALWAYS, ...ownContext(caller), ...Object.fromEntries(carried), ...pairContext(encryptionContext) },
      encryptionContext,
      ...(operation === 'CreateGrant' ? { wanted } : {}),
      retire,
    }
  })
