import assert from 'node:assert/strict'

/** What stands for values that differ from run to run, beside the words that a scenario learns. */
const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['*', /^.+$/s],
  ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ['time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/],
  ['date', /^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/],
])
const PLACEHOLDER = /<([\w*-]+)>/g

/**
 * Fails unless a value is as its golden says: the same members in the same order, and texts in which `<word>` stands for what
 * the scenario calls so, and `<uuid>`, `<time>`, `<date>` and `<*>` for anything of that form.
 */
export function matches(golden: unknown, actual: unknown, words: ReadonlyMap<string, string>, place = 'event'): void {
  if (typeof golden === 'string') matchesText(golden, actual, words, place)
  else if (typeof golden === 'object' && golden !== null) matchesObject(golden, actual, words, place)
  else assert.deepEqual(actual, golden, place)
}

function matchesObject(golden: object, actual: unknown, words: ReadonlyMap<string, string>, place: string): void {
  assert.ok(typeof actual === 'object' && actual !== null, `${place} is ${JSON.stringify(actual)}`)
  assert.deepEqual(Object.keys(actual), Object.keys(golden), `the members of ${place}`)
  const values = new Map(Object.entries(actual))
  for (const [name, member] of Object.entries(golden)) matches(member, values.get(name), words, `${place}.${name}`)
}

function matchesText(golden: string, actual: unknown, words: ReadonlyMap<string, string>, place: string): void {
  const form = FORMS.get(/^<([\w*]+)>$/.exec(golden)?.[1] ?? '')
  const wanted = golden.replace(PLACEHOLDER, (whole, name) => words.get(name) ?? whole)
  if (form) assert.match(String(actual), form, place)
  else assert.equal(actual, wanted, place)
}
