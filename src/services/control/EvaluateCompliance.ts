import { parametersOf } from '../../compliance/rule.ts'
import { MANAGED_RULES } from '../../compliance/rules.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { integer, list, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { evaluatePage } from '../../request/compliance/evaluate.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'

/** Characters of a token: three numbers and a key id or a name. */
const TOKEN_MAX_CHARS = 512

const Finding = structure({
  ResourceType: text(),
  ResourceId: text(),
  ResourceName: text(),
  Compliance: text(),
  Why: text(),
  Remedy: text(),
})

type At = { readonly rule: number; readonly type: number; readonly after?: string }

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined
    throw problem
  }
}

const tokenOf = ({ rule, type, after }: At): string =>
  Buffer.from(JSON.stringify([rule, type, after ?? null])).toString('base64url')

const isIndex = (value: unknown): value is number =>
  Number.isSafeInteger(value) && typeof value === 'number' && value >= 0

function parseToken(token: string | undefined): At | ServiceError {
  if (token === undefined) return { rule: 0, type: 0 }
  const parts = parseJson(Buffer.from(token, 'base64url').toString('utf8'))
  const [rule, type, after]: readonly unknown[] = Array.isArray(parts) ? parts : []
  if (!isIndex(rule) || !isIndex(type) || rule >= MANAGED_RULES.length)
    return error('ValidationException', 'The NextToken is not valid.')
  return { rule, type, ...(typeof after === 'string' ? { after } : {}) }
}

/**
 * What every rule says of the account's resources, with its usual parameters. A page is about one rule and some of its
 * resources; those that comply are counted only.
 */
export const EvaluateCompliance = operation({
  name: 'EvaluateCompliance',
  input: { NextToken: optional(text(1, TOKEN_MAX_CHARS)) },
  output: {
    Account: text(),
    Region: text(),
    At: timestamp(),
    /** The trail as it ends now; absent where it is in memory. */
    TrailHead: optional(structure({ Segment: integer(), Batch: integer(), Hash: text() })),
    /** From 1. */
    RuleNumber: integer(),
    Rules: integer(),
    Rule: structure({ Identifier: text(), Title: text(), Parameters: list(text()) }),
    Compliant: integer(),
    NotApplicable: integer(),
    Findings: list(Finding),
    NextToken: optional(text(1, TOKEN_MAX_CHARS)),
  },
  errors: [],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('trent:EvaluateCompliance') }),
  async run({ NextToken }, _granted, call) {
    const at = parseToken(NextToken)
    if (isError(at)) return at
    const rule = MANAGED_RULES[at.rule]
    if (!rule) throw new TypeError('there is no such rule')
    const parameters = parametersOf(rule, new Map())
    const { scope } = call.caller
    const cursor = { type: at.type, ...(at.after === undefined ? {} : { after: at.after }) }
    const page = await evaluatePage(call, scope, { rule, parameters, types: rule.types }, cursor)
    if (isError(page)) return page
    const next = page.next ? { rule: at.rule, ...page.next } : { rule: at.rule + 1, type: 0 }
    const count = (wanted: string) => page.results.filter(({ verdict }) => verdict.compliance === wanted).length
    const head = call.cloudTrail.head()
    return {
      output: {
        Account: scope.account,
        Region: scope.region,
        At: call.clock.now(),
        ...(head ? { TrailHead: { Segment: head.segment, Batch: head.batch, Hash: head.hash } } : {}),
        RuleNumber: at.rule + 1,
        Rules: MANAGED_RULES.length,
        Rule: {
          Identifier: rule.identifier,
          Title: rule.title,
          Parameters: [...rule.parameters].flatMap(parameterText),
        },
        Compliant: count('COMPLIANT'),
        NotApplicable: count('NOT_APPLICABLE'),
        Findings: page.results.flatMap(({ type, id, name, verdict }) =>
          'why' in verdict
            ? [
                {
                  ResourceType: type,
                  ResourceId: id,
                  ResourceName: name,
                  Compliance: verdict.compliance,
                  Why: verdict.why,
                  Remedy: verdict.remedy,
                },
              ]
            : [],
        ),
        ...(next.rule < MANAGED_RULES.length ? { NextToken: tokenOf(next) } : {}),
      },
    }
  },
})

const parameterText = ([name, { fallback }]: readonly [string, { readonly fallback?: string }]): readonly string[] =>
  fallback ? [`${name} = ${fallback}`] : []
