// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so.
import fc from 'fast-check'
import type { Document, PrincipalElement, Statement, Texts } from '../world.ts'
import { conditions } from './conditions.ts'
import { ACTIONS, AWS_NAMES, PROVIDER, RESOURCES, SERVICE } from './names.ts'

type Part = Partial<Statement>

/** One text as it is, or several as a list. */
function texts(pool: readonly string[], most: number): fc.Arbitrary<Texts> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(...pool) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...pool), { minLength: 1, maxLength: most }) },
  )
}

/** The element in most statements, its negation in some. */
function eitherPart<T>(values: fc.Arbitrary<T>, name: keyof Statement, negation: keyof Statement): fc.Arbitrary<Part> {
  return fc.tuple(values, fc.nat(9)).map(([value, die]) => ({ [die === 0 ? negation : name]: value }))
}

const principals: fc.Arbitrary<PrincipalElement> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<PrincipalElement>('*') },
  { weight: 6, arbitrary: texts(AWS_NAMES, 3).map((AWS) => ({ AWS })) },
  { weight: 1, arbitrary: fc.constant({ Service: SERVICE }) },
  { weight: 1, arbitrary: fc.constant({ Service: ['ec2.amazonaws.com', SERVICE] }) },
  { weight: 1, arbitrary: texts(AWS_NAMES, 3).map((AWS) => ({ AWS, Service: 'ec2.amazonaws.com' })) },
)
const trusted: fc.Arbitrary<PrincipalElement> = fc.oneof(
  { weight: 4, arbitrary: principals },
  { weight: 1, arbitrary: fc.constantFrom({ Federated: PROVIDER }, { Federated: 'accounts.google.com' }) },
)

// Denies are seldom, because one of many layers' is enough to refuse.
const effects = fc.nat(9).map((die): Part => ({ Effect: die === 0 ? 'Deny' : 'Allow' }))
const actions = eitherPart(texts(ACTIONS, 3), 'Action', 'NotAction')
const OWN_RESOURCES = [
  ...RESOURCES,
  'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}',
  'arn:aws:kms:*:*:alias/${aws:PrincipalTag/team}',
  "arn:aws:kms:*:*:alias/${aws:PrincipalTag/none, 'red'}",
  'arn:aws:kms:*:*:key/${kms:EncryptionContext:Tenant}*',
  'arn:aws:kms:*:*:${*}',
]
const ownResources = eitherPart(texts(OWN_RESOURCES, 3), 'Resource', 'NotResource')
const keyResources = eitherPart(texts(RESOURCES, 2), 'Resource', 'NotResource')

function maybe(part: fc.Arbitrary<Part>, often: number): fc.Arbitrary<Part> {
  return fc.oneof({ weight: often, arbitrary: part }, { weight: 1, arbitrary: fc.constant<Part>({}) })
}

function conditionPart(isKey: boolean): fc.Arbitrary<Part> {
  return fc.oneof(
    { weight: 7, arbitrary: fc.constant<Part>({}) },
    { weight: 4, arbitrary: conditions(isKey).map((Condition): Part => ({ Condition })) },
  )
}

function parseStatement(parts: readonly Part[]): Statement {
  return Object.assign({}, ...parts) as Statement
}

/** Parts put together. The effect is always among them. */
function statement(...parts: readonly fc.Arbitrary<Part>[]): fc.Arbitrary<Statement> {
  return fc.tuple(effects, ...parts).map(parseStatement)
}

const ownStatement = statement(actions, ownResources, conditionPart(false))
const keyStatement = statement(
  eitherPart(principals, 'Principal', 'NotPrincipal'),
  // Without an action or a resource a statement of a key policy means nothing.
  maybe(actions, 30),
  maybe(keyResources, 30),
  conditionPart(true),
)
const trustStatement = statement(
  eitherPart(trusted, 'Principal', 'NotPrincipal'),
  fc.constantFrom<Part>({ Action: 'sts:AssumeRole' }, { Action: 'STS:Assume*' }, { Action: ['sts:TagSession'] }),
  conditionPart(false),
)

function documents(of: fc.Arbitrary<Statement>, version: fc.Arbitrary<{ readonly Version?: string }>, most: number) {
  return fc
    .tuple(version, fc.array(of, { minLength: 1, maxLength: most }))
    .map(([head, Statement]): Document => ({ ...head, Statement }))
}

const NEW = fc.constant({ Version: '2012-10-17' })

export const ownDocuments = documents(ownStatement, NEW, 3)
export const keyDocuments = documents(
  keyStatement,
  fc.constantFrom({ Version: '2012-10-17' }, { Version: '2012-10-17' }, { Version: '2008-10-17' }, {}),
  4,
)
export const trustDocuments = documents(trustStatement, NEW, 3)
