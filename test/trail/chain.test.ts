import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { GENESIS, type Link, linkLines, parseLink } from '../../src/trail/chain.ts'
import { chainReader } from '../../src/trail/chain-reader.ts'

const HASH = 'ab'.repeat(32)
const links: readonly Link[] = [
  { kind: 'segment', format: 1, segment: 2, batch: 7, started: '2026-11-22T00:00:00.000Z' },
  { kind: 'batch', batch: 8, events: 2 },
  { kind: 'opened', at: '2026-11-22T00:00:00.000Z' },
  { kind: 'recovered', at: '2026-11-22T00:00:00.000Z', droppedBytes: 17 },
  { kind: 'archived', segment: 1, sha256: HASH },
  { kind: 'seal', at: '2026-11-22T00:00:00.000Z' },
]

const textOf = (link: Link) => linkLines([], link, HASH).bytes.toString().slice(0, -1)

for (const link of links)
  test(`a line of kind ${link.kind} is read as it was written, and in no other spelling`, () => {
    const text = textOf(link)
    assert.deepEqual(parseLink(text)?.link, link)
    for (const other of [
      ` ${text}`,
      `${text} `,
      text.replace(':', ': '),
      text.slice(1),
      text.replace('"previous"', '"x":1,"previous"'),
    ])
      assert.equal(parseLink(other), undefined, other)
    for (let at = 0; at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`
      assert.ok(parseLink(changed) === undefined || linkLines([], link, HASH).bytes.toString() !== `${changed}\n`)
    }
  })

for (const text of [
  '',
  '{}',
  '[]',
  'null',
  '"x"',
  '{"trent":"constructor"}',
  '{"trent":"batch"}',
  `{"trent":"batch","batch":"1","events":1,"previous":"${HASH}","hash":"${HASH}"}`,
])
  test(`${text} is not a line of the chain`, () => {
    assert.equal(parseLink(text), undefined)
  })

test('the hash of a batch is SHA-256 over its lines and its own line up to the hash', () => {
  const { bytes, hash } = linkLines(
    ['{"eventVersion":"é"}', '{"eventVersion":2}'],
    { kind: 'batch', batch: 1, events: 2 },
    HASH,
  )
  const covered = `{"eventVersion":"é"}\n{"eventVersion":2}\n{"trent":"batch","batch":1,"events":2,"previous":"${HASH}","hash":"`
  assert.equal(hash, createHash('sha256').update(covered).digest('hex'))
  assert.equal(bytes.toString(), `${covered}${hash}"}\n`)
})

/** All that the reader objects to in the given lines. */
function problemsIn(lines: readonly string[]): readonly string[] {
  const reader = chainReader(1, GENESIS)
  return lines.flatMap((line) => {
    const step = reader.read(Buffer.from(line))
    return step.kind === 'event' ? [] : step.problems
  })
}

const event = (id: number) => `{"eventVersion":"1.11","eventID":"${id}"}`

/** The lines of a segment with batches of the given events. */
function segmentOf(batches: readonly (readonly string[])[]): string[] {
  let previous = GENESIS.hash
  const add = (lines: readonly string[], link: Link) => {
    const { bytes, hash } = linkLines(lines, link, previous)
    previous = hash
    return bytes.toString().trimEnd().split('\n')
  }
  const header = add([], { kind: 'segment', format: 1, segment: 1, batch: 0, started: '2026-11-22T00:00:00.000Z' })
  return [
    ...header,
    ...batches.flatMap((lines, at) => add(lines, { kind: 'batch', batch: at + 1, events: lines.length })),
  ]
}

test('a chain of any events has no problems', () => {
  const line = fc.string({ unit: 'binary' }).map((text) => `{"eventVersion":${JSON.stringify(text)}}`)
  fc.assert(
    fc.property(fc.array(fc.array(line, { minLength: 1 })), (batches) => {
      assert.deepEqual(problemsIn(segmentOf(batches)), [])
    }),
  )
})

const whole = segmentOf([[event(1), event(2)], [event(3)], [event(4)]])
const at = (...order: readonly number[]) => order.map((index) => whole[index] ?? '')
const damaged = [
  ['an event is missing', at(0, 1, 3, 4, 5, 6, 7), /changed/],
  ['events are swapped', at(0, 2, 1, 3, 4, 5, 6, 7), /changed/],
  ['an event is there twice', at(0, 1, 1, 2, 3, 4, 5, 6, 7), /changed/],
  ['a batch is missing', at(0, 1, 2, 3, 6, 7), /batch 3 follows batch 1|does not continue/],
  ['batches are swapped', at(0, 1, 2, 3, 6, 7, 4, 5), /batch 3 follows batch 1|does not continue/],
  ['the header is missing', at(1, 2, 3), /does not begin with a header/],
  ['the header is there twice', at(0, 0, 1, 2, 3), /a header inside a segment/],
  ['a line of the chain is missing', at(0, 1, 2, 4, 5), /changed/],
  ['a line is neither', [...at(0), 'x', ...at(1, 2, 3)], /neither an event nor one of the chain/],
  [
    'a line of the chain is not readable',
    [...at(0, 1, 2), whole[3]?.replace('"events":2', '"events": 2') ?? ''],
    /neither an event/,
  ],
] as const
for (const [name, lines, message] of damaged)
  test(`the reader objects when ${name}`, () => {
    assert.match(problemsIn(lines).join('; '), message)
  })

test('a segment of a format that is not known is refused, and so is one with another number', () => {
  const header = (format: number, segment: number) =>
    linkLines([], { kind: 'segment', format, segment, batch: 0, started: '' }, GENESIS.hash).bytes.toString().trimEnd()
  assert.deepEqual(problemsIn([header(2, 1)]), ['format 2 is not known'])
  assert.deepEqual(problemsIn([header(1, 2)]), ['the header names segment 2'])
})

test('events that are followed by a seal and not by their batch are a problem', () => {
  const { bytes } = linkLines([event(1)], { kind: 'seal', at: '' }, GENESIS.hash)
  const reader = chainReader(1, undefined)
  reader.read(Buffer.from(whole[0] ?? ''))
  const [line = '', seal = ''] = bytes.toString().split('\n')
  reader.read(Buffer.from(line))
  const step = reader.read(Buffer.from(seal))
  assert.ok(step.kind === 'link' && step.problems.includes('1 events outside a batch'))
})
