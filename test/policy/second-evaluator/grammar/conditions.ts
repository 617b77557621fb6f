// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so.
import fc from 'fast-check'
import type { ConditionElement, Scalar } from '../world.ts'

/** Operators, keys and values that are used together, so that conditions hold as often as they fail. */
type Family = {
  readonly operators: readonly string[]
  readonly keys: readonly string[]
  readonly values: readonly Scalar[]
}

const ORDERS = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals']
const STRINGS = ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase']
const LIKE = ['StringLike', 'StringNotLike', 'stringLIKE']

const STRING: Family = {
  operators: [...STRINGS, ...LIKE],
  keys: [
    'aws:PrincipalTag/team',
    'aws:principaltag/TEAM',
    'aws:username',
    'aws:ResourceTag/team',
    'aws:RequestTag/team',
    'kms:EncryptionContext:Tenant',
    'kms:encryptioncontext:tenant',
    'kms:ViaService',
    'kms:CallerAccount',
  ],
  values: [
    'red',
    'RED',
    'blue',
    'r*',
    'r?d',
    '*',
    '',
    'dana',
    '1111*',
    's3.us-east-1.amazonaws.com',
    '${aws:PrincipalTag/team}',
    '${AWS:username}',
    '${aws:ResourceTag/team}',
    '${aws:TagKeys}',
    "${aws:PrincipalTag/none, 'red'}",
    "${kms:EncryptionContext:tenant, 'r*'}",
    '${aws:PrincipalTag/none}',
    'r${*}',
    '${?}ed',
    '${$}',
    'r${aws:PrincipalTag/tail}',
  ],
}

const MANY: Family = {
  operators: [...STRINGS, ...LIKE],
  keys: ['aws:TagKeys', 'kms:EncryptionContextKeys', 'kms:ResourceAliases', 'kms:GrantOperations'],
  values: ['Tenant', 'tenant', 'App', 'alias/a*', 'alias/app', 'Decrypt', 'Encrypt', '*t', 'team', '${aws:username}'],
}

const NUMERIC: Family = {
  operators: ORDERS.map((order) => `Numeric${order}`),
  keys: ['kms:RotationPeriodInDays', 'aws:MultiFactorAuthAge', 'kms:EncryptionContext:Tenant', 'kms:ValidTo'],
  values: ['10', '10.0', 10, 9.5, '-1', '1e1', 365, '1772366400'],
}

const DATE: Family = {
  operators: ORDERS.map((order) => `Date${order}`),
  keys: ['aws:CurrentTime', 'aws:EpochTime', 'aws:TokenIssueTime', 'kms:ValidTo', 'aws:PrincipalTag/team'],
  values: [
    '2026-03-01T12:00:00Z',
    '2026-03-01T13:00:00+01:00',
    '2026-03-01',
    '2027-01-01T00:00:00.5Z',
    '1772366400',
    1772366401,
  ],
}

const BOOL: Family = {
  operators: ['Bool'],
  keys: ['aws:SecureTransport', 'aws:MultiFactorAuthPresent', 'kms:MultiRegion', 'aws:PrincipalTag/team'],
  values: ['true', 'false', 'TRUE', true, false],
}

const BINARY: Family = {
  operators: ['BinaryEquals'],
  keys: ['aws:PrincipalTag/blob', 'aws:PrincipalTag/team'],
  values: ['YQ==', 'Yg==', 'YWJj', ''],
}

const ADDRESS: Family = {
  operators: ['IpAddress', 'NotIpAddress'],
  keys: ['aws:SourceIp', 'aws:PrincipalTag/team'],
  values: ['203.0.113.0/24', '203.0.113.9', '203.0.113.8/31', '0.0.0.0/0', '2001:db8::/32', '2001:db8::1', '::/0'],
}

const ARN: Family = {
  operators: ['ArnEquals', 'ArnNotEquals', 'ArnLike', 'ArnNotLike'],
  keys: ['aws:PrincipalArn', 'aws:SourceArn', 'aws:PrincipalTag/team'],
  values: [
    'arn:aws:iam::*:role/jobs/*',
    'arn:aws:iam::1111222?3333:user/dana',
    'arn:aws:iam::*:*',
    'arn:*:*:*:*:user/*',
    'arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}',
    'arn:aws:iam::*:user/${*}',
    'arn:aws:s3:::bucket/a:b',
    'arn:aws:s3:::bucket/*',
    'arn:aws:iam:*:user/dana',
  ],
}

const NULL: Family = {
  operators: ['Null'],
  keys: [...STRING.keys, ...MANY.keys, 'aws:MultiFactorAuthPresent', 'aws:SourceArn'],
  values: ['true', 'false', true, false],
}

/** Every family and how often it comes. */
const FAMILIES = [
  [STRING, 6],
  [MANY, 4],
  [NUMERIC, 2],
  [DATE, 2],
  [BOOL, 2],
  [BINARY, 1],
  [ADDRESS, 2],
  [ARN, 2],
  [NULL, 2],
] as const

const OVERLY_PERMISSIVE = /^(kms:encryptioncontext:|aws:requesttag\/)/i

function spelled(operator: string, key: string, { quantifier, ifExists, isKey }: Spelling): string {
  if (operator === 'Null') return operator
  // Key policies with such a condition are refused.
  const isRefused = isKey && quantifier === 'ForAllValues:' && OVERLY_PERMISSIVE.test(key)
  return `${isRefused ? '' : quantifier}${operator}${ifExists}`
}

type Spelling = { readonly quantifier: string; readonly ifExists: string; readonly isKey: boolean }

const SINGLE = ['', '', '', '', 'ForAllValues:', 'ForAnyValue:']
const SEVERAL = ['', 'ForAllValues:', 'ForAllValues:', 'ForAnyValue:', 'ForAnyValue:', 'forANYvalue:']

function lineOf(family: Family, isKey: boolean): fc.Arbitrary<ConditionElement> {
  return fc
    .tuple(
      fc.constantFrom(...family.operators),
      fc.constantFrom(...family.keys),
      fc.array(fc.constantFrom(...family.values), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...(family === MANY ? SEVERAL : SINGLE)),
      fc.constantFrom('', '', '', 'IfExists'),
    )
    .map(([operator, key, values, quantifier, ifExists]) => {
      const [only] = values
      const value = values.length === 1 && only !== undefined ? only : values
      return { [spelled(operator, key, { quantifier, ifExists, isKey })]: { [key]: value } }
    })
}

/** A Condition element, often with one line and sometimes with two or three. */
export function conditions(isKey: boolean): fc.Arbitrary<ConditionElement> {
  const line = fc.oneof(...FAMILIES.map(([family, weight]) => ({ weight, arbitrary: lineOf(family, isKey) })))
  return fc
    .array(line, { minLength: 1, maxLength: 3, size: 'small' })
    .map((lines) => Object.fromEntries(lines.flatMap((line) => Object.entries(line))))
}
