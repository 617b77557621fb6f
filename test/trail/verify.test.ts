import assert from 'node:assert/strict'
import { appendFile, cp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { TRAIL_LINE_MAX_BYTES } from '../../src/domain/limits.ts'
import { verifyTrail } from '../../src/trail/verify.ts'
import {
  appendEvents,
  keptAnchor,
  mustOpen,
  optionsFor,
  segmentNames,
  shortEvent,
  temporaryDirectory,
} from './temporary-trail.ts'

const TAMPERINGS = 1_200

type Sealed = { readonly directory: string; readonly anchor: string; readonly files: ReadonlyMap<string, Buffer> }

/** A sealed trail of several segments, the last one plain, with an anchor. */
async function sealedTrail(t: TestContext): Promise<Sealed> {
  const directory = await temporaryDirectory(t)
  const anchor = keptAnchor()
  for (const run of [0, 1]) {
    const trail = await mustOpen(optionsFor(directory, { anchor, segmentMaxBytes: 2_500 }))
    await appendEvents(trail, 40, 4, run * 40)
    await trail.close()
  }
  const names = await segmentNames(directory)
  assert.ok(names.length >= 3)
  const files = new Map<string, Buffer>()
  for (const name of names) files.set(name, await readFile(join(directory, name)))
  return { directory, anchor: anchor.text ?? '', files }
}

async function restore({ directory, files }: Sealed): Promise<void> {
  for (const name of await segmentNames(directory)) if (!files.has(name)) await rm(join(directory, name))
  for (const [name, bytes] of files) await writeFile(join(directory, name), bytes)
}

const random = (below: number) => Math.floor(Math.random() * below)
const pick = <T>(items: readonly T[]): T => items[random(items.length)] ?? assert.fail('nothing to pick from')

type Edit = (bytes: Buffer) => Buffer
const linesOf = (bytes: Buffer) => bytes.toString('latin1').split('\n').slice(0, -1)
const ofLines = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1')

/** Where a batch begins and ends among the lines: after one line of the chain, up to the next one. */
function batchIn(lines: readonly string[]): { readonly from: number; readonly to: number } {
  const ends = lines.flatMap((line, at) => (line.startsWith('{"trent":"batch"') ? [at] : []))
  const to = pick(ends) + 1
  return { from: lines.slice(0, to - 1).findLastIndex((line) => line.startsWith('{"trent"')) + 1, to }
}

/** What can be done to the bytes of a file. */
const EDITS: Readonly<Record<string, Edit>> = {
  'flip a byte': (bytes) => {
    const changed = Buffer.from(bytes)
    const at = random(bytes.length)
    changed[at] = (changed[at] ?? 0) ^ (1 + random(255))
    return changed
  },
  'flip a bit': (bytes) => {
    const changed = Buffer.from(bytes)
    const at = random(bytes.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << random(8))
    return changed
  },
  'cut the end': (bytes) => bytes.subarray(0, random(bytes.length)),
  'cut the beginning': (bytes) => bytes.subarray(1 + random(bytes.length - 1)),
  'remove bytes': (bytes) => {
    const at = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(20))])
  },
  'insert bytes': (bytes) => {
    const at = random(bytes.length + 1)
    return Buffer.concat([
      bytes.subarray(0, at),
      Buffer.from(pick(['x', '\n', '\0', ' ', '{}', '{"eventVersion":"1.11"}\n'])),
      bytes.subarray(at),
    ])
  },
  append: (bytes) =>
    Buffer.concat([
      bytes,
      Buffer.from(pick(['x', '\n', '\0', '{"eventVersion":"1.11"}\n', '{"eventVersion"', '{"trent":"batch"'])),
    ]),
  empty: () => Buffer.alloc(0),
}

/** What can be done to the lines of a segment, wrapped up again as it was. */
const LINE_EDITS: Readonly<Record<string, (lines: string[]) => readonly string[]>> = {
  'drop a line': (lines) => lines.toSpliced(random(lines.length), 1),
  'drop the last line': (lines) => lines.slice(0, -1),
  'double a line': (lines) => {
    const at = random(lines.length)
    return lines.toSpliced(at, 0, lines[at] ?? '')
  },
  'swap two lines': (lines) => {
    const at = random(lines.length - 1)
    return lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? '')
  },
  'drop a batch': (lines) => {
    const { from, to } = batchIn(lines)
    return lines.toSpliced(from, to - from)
  },
  'double a batch': (lines) => {
    const { from, to } = batchIn(lines)
    return lines.toSpliced(to, 0, ...lines.slice(from, to))
  },
  'drop all that follows a batch': (lines) => lines.slice(0, batchIn(lines.slice(0, -1)).to),
  'change an event': (lines) => {
    const at = pick(lines.flatMap((line, index) => (line.includes('eventID') ? [index] : [])))
    return lines.with(at, shortEvent(1000 + random(9)))
  },
}

function editLines(edit: (lines: string[]) => readonly string[], name: string): Edit {
  if (!name.endsWith('.gz')) return (bytes) => ofLines(edit(linesOf(bytes)))
  return (bytes) => gzipSync(ofLines(edit(linesOf(gunzipSync(bytes)))), { level: 1 })
}

/** What can be done to whole files. */
const FILE_EDITS: Readonly<Record<string, (trail: Sealed, name: string) => Promise<void>>> = {
  'drop a segment': ({ directory }, name) => rm(join(directory, name)),
  'drop a segment and all that follow': async ({ directory, files }, name) => {
    for (const each of files.keys()) if (each >= name) await rm(join(directory, each))
  },
  'swap two segments': async ({ directory, files }, name) => {
    const other = pick([...files.keys()].filter((each) => each !== name && each.endsWith('.gz')))
    const [a, b] = [files.get(name) ?? Buffer.alloc(0), files.get(other) ?? Buffer.alloc(0)]
    await writeFile(join(directory, name), name.endsWith('.gz') ? b : gunzipSync(b))
    await writeFile(join(directory, other), name.endsWith('.gz') ? a : gzipSync(a))
  },
  'copy a segment to the end': ({ directory, files }, name) =>
    cp(
      join(directory, name),
      join(directory, `segment-${String(files.size + 1).padStart(10, '0')}.jsonl${name.endsWith('.gz') ? '.gz' : ''}`),
    ),
  'move a segment away': ({ directory, files }, name) =>
    rename(
      join(directory, name),
      join(directory, `segment-${String(files.size + 1 + random(9)).padStart(10, '0')}${name.slice(18)}`),
    ),
  'unpack a segment and change it': async ({ directory, files }) => {
    const name = pick([...files.keys()].filter((each) => each.endsWith('.gz')))
    const bytes = gunzipSync(files.get(name) ?? Buffer.alloc(0))
    await rm(join(directory, name))
    await writeFile(join(directory, name.slice(0, -3)), EDITS['flip a byte']?.(bytes) ?? bytes)
  },
  'pack a segment anew': async ({ directory, files }) => {
    const name = pick([...files.keys()].filter((each) => each.endsWith('.gz')))
    await writeFile(join(directory, name), gzipSync(gunzipSync(files.get(name) ?? Buffer.alloc(0)), { level: 9 }))
  },
}

test(`of ${TAMPERINGS} tamperings with a sealed trail every one is found`, async (t) => {
  const trail = await sealedTrail(t)
  const { directory, anchor, files } = trail
  const whole = await verifyTrail(directory, anchor)
  assert.deepEqual([whole.ok, whole.sealed, whole.events, whole.problems], [true, true, 80, []])
  const kinds = [...Object.keys(EDITS), ...Object.keys(LINE_EDITS), ...Object.keys(FILE_EDITS)]
  for (let count = 0; count < TAMPERINGS; count += 1) {
    const kind = kinds[count % kinds.length] ?? ''
    const name = pick([...files.keys()])
    const bytes = files.get(name) ?? Buffer.alloc(0)
    const lineEdit = LINE_EDITS[kind]
    const edit = lineEdit === undefined ? EDITS[kind] : editLines(lineEdit, name)
    const changed = edit?.(bytes)
    if (changed?.equals(bytes)) continue
    if (changed !== undefined) await writeFile(join(directory, name), changed)
    else await FILE_EDITS[kind]?.(trail, name)
    const report = await verifyTrail(directory, anchor)
    assert.equal(report.ok, false, `${kind} in ${name}`)
    assert.ok(report.problems[0]?.what)
    if (changed === undefined) await restore(trail)
    else await writeFile(join(directory, name), bytes)
  }
  assert.equal((await verifyTrail(directory, anchor)).ok, true)
})

test('without the anchor every flipped byte is still found', async (t) => {
  const trail = await sealedTrail(t)
  for (const [name, bytes] of trail.files)
    for (let at = random(29); at < bytes.length; at += 29) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 << random(8))
      await writeFile(join(trail.directory, name), changed)
      const report = await verifyTrail(trail.directory)
      // The last line break of all is the one byte whose loss looks like a write cut short: the trail is then not sealed.
      assert.ok(!report.ok || !report.sealed, `byte ${at} of ${name}`)
      await writeFile(join(trail.directory, name), bytes)
    }
})

test('a problem names its file and line, and one change is one problem', async (t) => {
  const { directory, anchor, files } = await sealedTrail(t)
  const name = [...files.keys()].at(-1) ?? ''
  const lines = linesOf(files.get(name) ?? Buffer.alloc(0))
  const event = lines.findIndex((line) => line.includes('eventID'))
  await writeFile(join(directory, name), ofLines(lines.with(event, shortEvent(4711))))
  const report = await verifyTrail(directory, anchor)
  const closing = lines.findIndex((line, at) => at > event && line.startsWith('{"trent"')) + 1
  assert.deepEqual(report.problems, [
    { file: name, line: closing, what: 'bytes since the last line of the chain, or this line, were changed' },
  ])
  assert.equal(report.problemCount, 1)
})

test('a missing seal is found by the anchor, and without it the trail is merely not sealed', async (t) => {
  const { directory, anchor, files } = await sealedTrail(t)
  const name = [...files.keys()].at(-1) ?? ''
  await writeFile(join(directory, name), ofLines(linesOf(files.get(name) ?? Buffer.alloc(0)).slice(0, -1)))
  const alone = await verifyTrail(directory)
  assert.deepEqual([alone.ok, alone.sealed], [true, false])
  const anchored = await verifyTrail(directory, anchor)
  assert.equal(anchored.ok, false)
  assert.match(anchored.problems[0]?.what ?? '', /the end of the trail was cut off or replaced/)
})

test('a trail that is being written verifies at any moment and is not sealed', async (t) => {
  const directory = await temporaryDirectory(t)
  const anchor = keptAnchor()
  await using trail = await mustOpen(optionsFor(directory, { anchor, segmentMaxBytes: 5_000 }))
  const writing = appendEvents(trail, 400, 4)
  for (let count = 0; count < 10; count += 1) {
    const report = await verifyTrail(directory, anchor.text)
    assert.deepEqual([report.ok, report.sealed, report.problems], [true, false, []])
  }
  await writing
  assert.equal((await verifyTrail(directory, anchor.text)).events, 400)
})

test('a trail that another one replaced is found by the anchor', async (t) => {
  const { anchor } = await sealedTrail(t)
  const other = await sealedTrail(t)
  assert.equal((await verifyTrail(other.directory)).ok, true)
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory))
  await appendEvents(trail, 10)
  await trail.close()
  assert.equal((await verifyTrail(directory, anchor)).ok, false)
})

const odd = [
  [
    'a file that no trail writes',
    async (d: string) => writeFile(join(d, 'segment-2.jsonl'), 'x'),
    /no trail writes a file of this name/,
  ],
  [
    'a line above the limit',
    async (d: string) => appendFile(join(d, 'segment-0000000001.jsonl'), 'x'.repeat(TRAIL_LINE_MAX_BYTES + 1)),
    /above the limit/,
  ],
  ['all segments are gone', async (d: string) => rm(join(d, 'segment-0000000001.jsonl')), /cut off or replaced/],
  ['an empty segment', async (d: string) => truncate(join(d, 'segment-0000000001.jsonl'), 0), /cut off or replaced/],
] as const
for (const [name, damage, message] of odd)
  test(`${name}: found`, async (t) => {
    const directory = await temporaryDirectory(t)
    const anchor = keptAnchor()
    await (await mustOpen(optionsFor(directory, { anchor }))).close()
    await damage(directory)
    const { problems } = await verifyTrail(directory, anchor.text)
    assert.match(problems.map(({ what }) => what).join('; '), message)
  })

test('a saved head that cannot be read is a problem, and a directory that is not there an error', async (t) => {
  const directory = await temporaryDirectory(t)
  assert.match((await verifyTrail(directory, 'x')).problems[0]?.what ?? '', /saved head cannot be read/)
  await assert.rejects(verifyTrail(join(directory, 'nowhere')), { code: 'ENOENT' })
})
