import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OPERATORS } from '../../../src/policy/operators.ts'
import { requests } from './grammar/requests.ts'
import { worlds } from './grammar/worlds.ts'
import { keep, readKept } from './kept.ts'
import { decisionOf, subjectOf, verdictOf } from './subject.ts'
import { count, seldom, type Tally } from './tally.ts'
import { decide } from './verdict.ts'
import { listOf, type Request, type World } from './world.ts'

/** Decisions of one run; `DECISIONS=1000000 SEED=7` asks for more, or for a run again. */
const DECISIONS = Number(process.env.DECISIONS ?? (process.env.CI === 'true' ? 100_000 : 20_000))
const SEED = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }
/** Policies cost more than requests. */
const REQUESTS_PER_WORLD = 20
/** Time in which a run must be done, as generated policies must not make tests endless. Milliseconds; 100,000 decisions take some 15 s. */
const TIME_MAX_MS = 600_000

const asked = fc.array(requests, {
  minLength: REQUESTS_PER_WORLD,
  maxLength: REQUESTS_PER_WORLD,
  size: 'max',
})

/** The first request on which engine and second evaluator differ. */
function disagreement(world: World, all: readonly Request[], tally: Tally): Request | undefined {
  const subject = subjectOf(world)
  return all.find((request) => {
    const decision = decisionOf(subject, request)
    count(tally, request, decision)
    return verdictOf(decision) !== decide(world, request)
  })
}

function describe(world: World, request: Request): string {
  const verdict = verdictOf(decisionOf(subjectOf(world), request))
  return `the engine says ${verdict}, the second evaluator ${decide(world, request)}`
}

test('on random policies, grants and requests the engine decides as a second evaluator does', () => {
  const tally: Tally = new Map()
  const { counterexample, seed, errorInstance } = fc.check(
    fc.property(worlds, asked, (world, all) => disagreement(world, all, tally) === undefined),
    { numRuns: DECISIONS / REQUESTS_PER_WORLD, ...SEED, interruptAfterTimeLimit: TIME_MAX_MS },
  )
  // A document of the grammar that is refused.
  if (errorInstance !== undefined && errorInstance !== null) throw errorInstance
  if (counterexample !== null) {
    const [world, all] = counterexample
    const request = disagreement(world, all, new Map())
    if (request !== undefined) keep({ seed, world, request })
    assert.fail(`seed ${seed}: ${request && describe(world, request)}; kept in test/vectors/policy/disagreements.json`)
  }
  assert.ok((tally.get('all') ?? 0) >= DECISIONS)
  if (DECISIONS >= 10_000) assert.deepEqual(seldom(tally), [])
})

test('the cases on which the two once differed are decided alike', () => {
  const kept = readKept()
  assert.ok(kept.length > 0)
  for (const { world, request } of kept)
    assert.equal(disagreement(world, [request], new Map()), undefined, describe(world, request))
})

test('the random policies use every operator, alone, with IfExists and with both set operators', () => {
  const all = fc.sample(worlds, { numRuns: 4_000, seed: 1 })
  const statements = all.flatMap(({ key, identity }) => [key, ...identity].flatMap(({ Statement }) => Statement))
  const used = new Set(
    statements.flatMap(({ Condition = {} }) => Object.keys(Condition)).map((name) => name.toLowerCase()),
  )
  const forms = [...OPERATORS.keys()].flatMap((name) => [
    name,
    `${name}ifexists`,
    `forallvalues:${name}`,
    `foranyvalue:${name}`,
  ])
  assert.deepEqual(
    ['null', ...forms].filter((form) => !used.has(form)),
    [],
  )
})

test('the random policies use every element and its negation', () => {
  const statements = fc.sample(worlds, { numRuns: 300, seed: 1 }).flatMap(({ key }) => key.Statement)
  const elements = ['Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'] as const
  for (const element of elements) {
    assert.ok(
      statements.some((statement) => listOf(statement[element]).length > 0),
      element,
    )
    assert.ok(
      statements.some((statement) => statement[element] === undefined),
      `no ${element}`,
    )
  }
})
