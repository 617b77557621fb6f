import { openBar } from '../bar.ts'
import type { Answer, ControlClient } from '../control/call.ts'
import { type Failure, isFailure } from '../failure.ts'

export type Finding = {
  readonly ResourceType: string
  readonly ResourceId: string
  readonly ResourceName: string
  readonly Compliance: string
  readonly Why: string
  readonly Remedy: string
}

/** What one rule found. */
export type RuleReport = {
  readonly identifier: string
  readonly title: string
  readonly parameters: readonly string[]
  readonly compliant: number
  readonly notApplicable: number
  /** All findings. */
  readonly findingCount: number
  /** FINDINGS_KEPT_MAX of them at the most. */
  readonly findings: readonly Finding[]
}

export type TrailHead = { readonly Segment: number; readonly Batch: number; readonly Hash: string }

/** What was checked, when, on what, and what was found. */
export type Evaluation = {
  readonly account: string
  readonly region: string
  /** ISO 8601. */
  readonly begunAt: string
  readonly endedAt: string
  /** The trail as it ended when the check was over; absent where it is in memory. */
  readonly trailHead?: TrailHead
  readonly rules: readonly RuleReport[]
}

/** Findings of one rule that are told one by one. */
export const FINDINGS_KEPT_MAX = 10_000
/** Pages of one evaluation: those of a million keys for each rule, with room. */
const PAGES_MAX = 1_000_000

type Page = {
  readonly Account: string
  readonly Region: string
  readonly At: number
  readonly TrailHead?: TrailHead
  readonly RuleNumber: number
  readonly Rules: number
  readonly Rule: { readonly Identifier: string; readonly Title: string; readonly Parameters: readonly string[] }
  readonly Compliant: number
  readonly NotApplicable: number
  readonly Findings: readonly Finding[]
  readonly NextToken?: string
}

function parsePage(answer: Answer): Page {
  return answer as Page
}

function plus(known: RuleReport | undefined, { Rule, Compliant, NotApplicable, Findings }: Page): RuleReport {
  const findings = known?.findings ?? []
  return {
    identifier: Rule.Identifier,
    title: Rule.Title,
    parameters: Rule.Parameters,
    compliant: (known?.compliant ?? 0) + Compliant,
    notApplicable: (known?.notApplicable ?? 0) + NotApplicable,
    findingCount: (known?.findingCount ?? 0) + Findings.length,
    findings: [...findings, ...Findings.slice(0, FINDINGS_KEPT_MAX - findings.length)],
  }
}

const instant = (seconds: number) => new Date(seconds * 1_000).toISOString()

/** Asks for every rule, page by page; a terminal shows how far it is. */
export async function evaluate(client: ControlClient): Promise<Evaluation | Failure> {
  using bar = openBar('of the rules checked')
  const rules = new Map<string, RuleReport>()
  let begunAt: number | undefined
  let input: { readonly NextToken?: string } = {}
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const answer = await client('EvaluateCompliance', input)
    if (isFailure(answer)) return answer
    const page = parsePage(answer)
    const { Identifier } = page.Rule
    begunAt ??= page.At
    rules.set(Identifier, plus(rules.get(Identifier), page))
    bar.to(page.RuleNumber, page.Rules)
    if (page.NextToken === undefined)
      return {
        account: page.Account,
        region: page.Region,
        begunAt: instant(begunAt),
        endedAt: instant(page.At),
        ...(page.TrailHead ? { trailHead: page.TrailHead } : {}),
        rules: [...rules.values()],
      }
    input = { NextToken: page.NextToken }
  }
  throw new TypeError('an evaluation has no end')
}
