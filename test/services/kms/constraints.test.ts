import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { OPERATIONS } from '../../../src/services/kms/index.ts'
import { refusedWith } from '../../support/answer.ts'
import { MODEL, type ModelMembers, type ModelShape, modelShape } from '../../support/model.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

/** A value that breaks a constraint, and what the answer says about it. */
type Violation = { readonly value: unknown; readonly items: readonly string[] }

const item = (value: string, path: string, phrase: string) =>
  `${value} at '${path}' failed to satisfy constraint: ${phrase}`
const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)
const longer = (length: number) => `Member must have length less than or equal to ${length}`
const shorter = (length: number) => `Member must have length greater than or equal to ${length}`

/** What is sensitive is never repeated. */
const told = ({ sensitive }: ModelShape, value: string) => (sensitive ? 'Value' : `Value '${value}'`)

function patternItems(shape: ModelShape, value: string, path: string): readonly string[] {
  if (shape.pattern === undefined || new RegExp(`^(?:${shape.pattern})$`).test(value)) return []
  return [item(told(shape, value), path, `Member must satisfy regular expression pattern: ${shape.pattern}`)]
}

function textViolations(shape: ModelShape, path: string): readonly Violation[] {
  const long = 'a'.repeat((shape.max ?? 0) + 1)
  const broken = '\u0001 ?'.padEnd(shape.min ?? 0, '?')
  return [
    ...(shape.max === undefined
      ? []
      : [
          {
            value: long,
            items: [item(told(shape, long), path, longer(shape.max)), ...patternItems(shape, long, path)],
          },
        ]),
    ...(shape.min === undefined || shape.min === 0
      ? []
      : [{ value: '', items: [item(told(shape, ''), path, shorter(shape.min)), ...patternItems(shape, '', path)] }]),
    ...(shape.pattern === undefined ? [] : [{ value: broken, items: patternItems(shape, broken, path) }]),
    ...(shape.enum === undefined
      ? []
      : [{ value: 'NO_SUCH', items: [item("Value 'NO_SUCH'", path, 'Member must satisfy enum value set: […]')] }]),
  ]
}

function sizeViolations({ type, min, max }: ModelShape, path: string): readonly Violation[] {
  const make = (size: number) =>
    type === 'blob' ? Buffer.alloc(size).toString('base64') : type === 'integer' ? size : Array(size).fill('a')
  const shown = (size: number) => (type === 'blob' ? 'Value' : `Value '${type === 'integer' ? size : listed(size)}'`)
  const listed = (size: number) => `[${Array(size).fill('a').join(', ')}]`
  const noun = type === 'integer' ? 'value' : 'length'
  const above = max === undefined ? [] : [{ size: max + 1, phrase: `less than or equal to ${max}` }]
  const below = min === undefined || min === 0 ? [] : [{ size: min - 1, phrase: `greater than or equal to ${min}` }]
  return [...above, ...below].map(({ size, phrase }) => ({
    value: make(size),
    items: [item(shown(size), path, `Member must have ${noun} ${phrase}`)],
  }))
}

function violations(shape: ModelShape, path: string): readonly Violation[] {
  if (shape.type === 'string') return textViolations(shape, path)
  if (shape.type === 'structure') return memberViolations(shape.members ?? {}, `${path}.`)
  if (shape.type !== 'list') return sizeViolations(shape, path)
  const member = modelShape(shape.member ?? '')
  const inside =
    member.type === 'structure'
      ? memberViolations(member.members ?? {}, `${path}.1.member.`)
      : violations(member, '').map(({ value, items }) => ({ value, items: [elementItem(value, items, path)] }))
  return [...sizeViolations(shape, path), ...inside.map(({ value, items }) => ({ value: [value], items }))]
}

/** Scalars in a list are reported with the list. */
function elementItem(value: unknown, items: readonly string[], path: string): string {
  const phrases = items.map((text) => text.slice(text.indexOf('constraint: ') + 'constraint: '.length))
  return item(`Value '[${value}]'`, path, `Member must satisfy constraint: [${phrases.join(', ')}]`)
}

/** Each violation of each member, the others left valid. */
function memberViolations(members: ModelMembers, path: string): readonly Violation[] {
  return Object.entries(members).flatMap(([marked, shapeName]) => {
    const name = marked.replace('*', '')
    const at = `${path}${lowerFirst(name)}`
    const absent = marked.endsWith('*')
      ? [{ value: undefined, items: [item('Value null', at, 'Member must not be null')] }]
      : []
    return [...absent, ...violations(modelShape(shapeName), at)].map(({ value, items }) => ({
      value: { ...validMembers(members), [name]: value },
      items,
    }))
  })
}

function validMembers(members: ModelMembers): object {
  const required = Object.entries(members).filter(([marked]) => marked.endsWith('*'))
  return Object.fromEntries(
    required.map(([marked, shapeName]) => [marked.replace('*', ''), validValue(modelShape(shapeName))]),
  )
}

function validValue(shape: ModelShape): unknown {
  if (shape.enum) return shape.enum[0]
  if (shape.type === 'list') return []
  if (shape.type === 'structure') return validMembers(shape.members ?? {})
  if (shape.type === 'blob') return Buffer.alloc(shape.min ?? 1).toString('base64')
  const candidates = ['a'.repeat(shape.min ?? 1), 'A'.repeat(shape.min ?? 1), 'eu-west-1']
  return candidates.find((text) => new RegExp(`^(?:${shape.pattern ?? '.*'})$`).test(text)) ?? candidates[0]
}

/** The order in which AWS lists an enumeration is neither the model's nor stable, so that only the set is compared. */
const withoutSets = (text: string) => text.replace(/enum value set: \[[^\]]*\]/g, 'enum value set: […]')

for (const { name } of OPERATIONS)
  test(`${name} names every constraint that a request breaks`, async () => {
    for (const { value, items } of memberViolations(MODEL.operations[name]?.input ?? {}, '')) {
      const answer = await trent.kms(name, JSON.stringify(value))
      const count = `${items.length} validation error${items.length === 1 ? '' : 's'} detected: `
      assert.equal(answer.code, 'ValidationException', answer.text)
      assert.equal(withoutSets(answer.message ?? ''), `${count}${items.join('; ')}`)
    }
  })

/** How many constraints the model puts on a value, on what is in it too. */
function constraintsOf(shape: ModelShape): number {
  const { type, min = 0, max, pattern, enum: values, members, member } = shape
  const own = [min > 0, max !== undefined, type === 'string' && pattern !== undefined, values !== undefined]
  const inside = (members ? constraintsOn(members) : 0) + (member ? constraintsOf(modelShape(member)) : 0)
  return own.filter(Boolean).length + inside
}

function constraintsOn(members: ModelMembers): number {
  return Object.entries(members).reduce((sum, [marked, shapeName]) => {
    return sum + constraintsOf(modelShape(shapeName)) + (marked.endsWith('*') ? 1 : 0)
  }, 0)
}

test('every constraint of the model is broken once, those of nested structures and of lists included', () => {
  for (const [name, { input }] of Object.entries(MODEL.operations))
    assert.equal(memberViolations(input ?? {}, '').length, constraintsOn(input ?? {}), name)
  assert.equal(Object.keys(MODEL.operations).length, OPERATIONS.length)
})

test('an enumeration is printed with the values of the model', async () => {
  const answer = await trent.kms('GenerateMac', { KeyId: 'a', Message: 'YQ==', MacAlgorithm: 'MD5' })
  const printed = /enum value set: \[(.*)\]$/.exec(answer.message ?? '')?.[1]?.split(', ')
  assert.deepEqual(new Set(printed), new Set(modelShape('MacAlgorithmSpec').enum))
})

test('all violations of a request are reported together, in the order of the members', async () => {
  const answer = await trent.kms('GenerateDataKey', { KeyId: '', NumberOfBytes: 0, KeySpec: 'AES_512' })
  refusedWith(
    answer,
    'ValidationException',
    "3 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
      "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
      "Value 'AES_512' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]",
  )
})

/** Source: recorded answers. */
const RECORDED = [
  [
    'GenerateRandom',
    { NumberOfBytes: 0 },
    "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
  ],
  [
    'GenerateRandom',
    { NumberOfBytes: 1025 },
    "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
  ],
  [
    'Encrypt',
    { KeyId: 'a', Plaintext: Buffer.alloc(4097).toString('base64') },
    "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
  ],
  [
    'CreateKey',
    { Tags: [{ TagKey: 'a'.repeat(129), TagValue: '' }] },
    `1 validation error detected: Value '${'a'.repeat(129)}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128`,
  ],
  [
    'TagResource',
    { KeyId: 'a', Tags: [{ TagKey: 'a', TagValue: 'b'.repeat(257) }] },
    `1 validation error detected: Value '${'b'.repeat(257)}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256`,
  ],
  [
    'CreateAlias',
    { AliasName: 'alias/a b', TargetKeyId: 'a' },
    "1 validation error detected: Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
  ],
] as const
for (const [operation, input, message] of RECORDED)
  test(`${operation} answers as recorded: ${message.slice(0, 100)}`, async () => {
    refusedWith(await trent.kms(operation, input), 'ValidationException', message)
  })
