import assert from 'node:assert/strict'

/** A line of figures. */
export type ExposedSample = {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}
export type ExposedFamily = {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly ExposedSample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const TYPES = new Set(['counter', 'gauge', 'histogram'])

/** Reads `{a="b",…}` from `at` on. Source: Prometheus, exposition formats, text-based format. */
function labelsAt(line: string, at: number): readonly [labels: ReadonlyMap<string, string>, end: number] {
  const labels = new Map<string, string>()
  if (line[at] !== '{') return [labels, at]
  let i = at + 1
  while (line[i] !== '}') {
    const equals = line.indexOf('="', i)
    const name = line.slice(i, equals)
    assert.ok(equals > 0 && LABEL.test(name), `label in: ${line}`)
    let value = ''
    for (i = equals + 2; line[i] !== '"'; i += 1) {
      assert.ok(i < line.length, `open label in: ${line}`)
      if (line[i] !== '\\') value += line[i]
      else {
        i += 1
        const escaped = new Map([
          ['n', '\n'],
          ['"', '"'],
          ['\\', '\\'],
        ]).get(line[i] ?? '')
        assert.ok(escaped !== undefined, `escape in: ${line}`)
        value += escaped
      }
    }
    assert.ok(!labels.has(name), `a label stands twice in: ${line}`)
    labels.set(name, value)
    i += 1
    if (line[i] === ',') i += 1
    else assert.equal(line[i], '}', line)
  }
  return [labels, i + 1]
}

function sampleOf(line: string): ExposedSample {
  const [name = ''] = /^[^{ ]+/.exec(line) ?? []
  assert.match(name, NAME)
  const [labels, end] = labelsAt(line, name.length)
  const text = line.slice(end)
  assert.match(text, /^ (\+Inf|-?\d+(\.\d+)?(e[+-]?\d+)?)$/, line)
  return { name, labels, value: text === ' +Inf' ? Infinity : Number(text) }
}

const seriesOf = ({ name, labels }: ExposedSample, but?: string) =>
  JSON.stringify([name, ...[...labels].filter(([label]) => label !== but).sort()])

/** Buckets grow to `+Inf`, which is the count. */
function checkHistogram({ name, samples }: ExposedFamily): void {
  const last = new Map<string, { bound: number; value: number }>()
  const counts = new Map<string, number>()
  const sums = new Set<string>()
  for (const sample of samples) {
    const plain = seriesOf({ ...sample, name }, 'le')
    const part = sample.name.slice(name.length)
    if (part === '_bucket') {
      const bound = sample.labels.get('le') === '+Inf' ? Infinity : Number(sample.labels.get('le'))
      const before = last.get(plain) ?? { bound: -Infinity, value: 0 }
      assert.ok(bound > before.bound && sample.value >= before.value, `${plain} ${bound}`)
      last.set(plain, { bound, value: sample.value })
    } else if (part === '_count') counts.set(plain, sample.value)
    else if (part === '_sum') sums.add(plain)
    else assert.fail(`${sample.name} in the histogram ${name}`)
  }
  assert.deepEqual([...last.keys()].sort(), [...counts.keys()].sort())
  assert.deepEqual([...sums].sort(), [...counts.keys()].sort())
  for (const [plain, { bound, value }] of last) assert.deepEqual([bound, value], [Infinity, counts.get(plain)], plain)
}

function checkFamily(family: ExposedFamily): void {
  const { name, type, help, samples } = family
  assert.match(name, NAME)
  assert.ok(TYPES.has(type), `${name} is of type ${type}`)
  assert.ok(help.length > 0 && help.endsWith('.'), `help of ${name}`)
  assert.equal(new Set(samples.map((sample) => seriesOf(sample))).size, samples.length, `${name} has a series twice`)
  // What promtool's linter asks of names.
  assert.equal(name.endsWith('_total'), type === 'counter', name)
  assert.doesNotMatch(name, /_(milliseconds|ms|minutes|kilobytes|count|bucket|sum)$/)
  if (type === 'histogram') checkHistogram(family)
  else for (const sample of samples) assert.equal(sample.name, name)
  if (type !== 'gauge') for (const { value } of samples) assert.ok(value >= 0, name)
}

/** Reads a text of Prometheus's format 0.0.4, and fails for whatever a scraper or its linter would not take. */
export function readExposition(text: string): ReadonlyMap<string, ExposedFamily> {
  assert.ok(text.endsWith('\n'), 'the last line has no end')
  const families = new Map<string, ExposedFamily & { samples: ExposedSample[] }>()
  let current: (ExposedFamily & { samples: ExposedSample[] }) | undefined
  let help: readonly string[] | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind === 'HELP') help = [name, rest]
    else if (kind === 'TYPE') {
      assert.equal(help?.[0], name, `${name} has its help before its type`)
      assert.ok(!families.has(name), `${name} comes twice`)
      current = { name, type: rest, help: help[1] ?? '', samples: [] }
      families.set(name, current)
    } else {
      assert.ok(!line.startsWith('#'), line)
      const sample = sampleOf(line)
      assert.ok(current && sample.name.startsWith(current.name), `${sample.name} stands apart from its type`)
      current.samples.push(sample)
    }
  }
  for (const family of families.values()) {
    assert.ok(family.samples.length > 0, `${family.name} has no samples`)
    checkFamily(family)
  }
  return families
}

/** The sum of all samples of that name that have these labels; nothing when there is none. */
export function exposed(
  families: ReadonlyMap<string, ExposedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''))
  const found = (family?.samples ?? []).filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels.get(label) === value),
  )
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
}
