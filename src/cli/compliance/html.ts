import { VERSION } from '../../version.ts'
import type { Evaluation, Finding, RuleReport, TrailHead } from './evaluation.ts'

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])
/** Names are whatever their makers typed. */
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '')

const row = (tag: 'td' | 'th', cells: readonly string[]) =>
  `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  `<table><thead>${row('th', head)}</thead><tbody>${rows.map((cells) => row('td', cells)).join('\n')}</tbody></table>`

/** A report is one file: no script, nothing from elsewhere. */
const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}
th{background:#f2f2f2}code{font-size:.95em}h2{margin-top:2rem}.ok{color:#14651c}.bad{color:#9b1c1c}@media print{body{margin:0;max-width:none}}`

const ruleRow = ({ identifier, title, parameters, compliant, findingCount, notApplicable }: RuleReport) => [
  identifier,
  title,
  parameters.join(', '),
  String(compliant + findingCount),
  String(compliant),
  String(findingCount),
  String(notApplicable),
]

const findingRow = ({ ResourceType, ResourceId, ResourceName, Why, Remedy }: Finding) => [
  ResourceType,
  ResourceName === ResourceId ? ResourceId : `${ResourceName} (${ResourceId})`,
  Why,
  Remedy,
]

function findingsOf({ identifier, title, findings, findingCount }: RuleReport): string {
  const more = findingCount > findings.length ? `<p>${findingCount - findings.length} more are not listed.</p>` : ''
  const head = ['Resource type', 'Resource', 'Why', 'How to mend it']
  return `<h3>${escaped(title)}</h3><p><code>${escaped(identifier)}</code>: ${findingCount} found</p>${table(head, findings.map(findingRow))}${more}`
}

function trailText(head: TrailHead | undefined): string {
  if (!head) return '<p>The service keeps its trail in memory: nothing of this report can be traced later.</p>'
  return `<p>When the check was over the audit trail ended with batch ${head.Batch} in segment ${head.Segment}, whose hash is
<code>${escaped(head.Hash)}</code>. That hash covers every event before it: <code>trent trail verify</code> on the data directory finds whether the
trail was changed since, and the trail has the calls of this check.</p>`
}

/** The report as one HTML document. */
export function reportHtml(evaluation: Evaluation, endpoint: string): string {
  const { account, region, begunAt, endedAt, trailHead, rules } = evaluation
  const violated = rules.filter(({ findingCount }) => findingCount > 0)
  const total = violated.reduce((sum, { findingCount }) => sum + findingCount, 0)
  const verdict =
    total === 0
      ? '<p class="ok"><strong>Nothing was found.</strong></p>'
      : `<p class="bad"><strong>${total} found, by ${violated.length} of ${rules.length} rules.</strong></p>`
  const about = [
    ['Account', account],
    ['Region of the keys', region],
    ['Service', `${endpoint} (Trent ${VERSION})`],
    ['Begun', begunAt],
    ['Ended', endedAt],
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Compliance of account ${escaped(account)}</title><style>${STYLE}</style></head>
<body><h1>Compliance of account ${escaped(account)}</h1>
${table(['', ''], about)}
${verdict}
<h2>What was checked</h2>
<p>Keys of the Region, and users, groups, roles and managed policies of the account. Rules without the prefix TRENT_ are AWS Config's.</p>
${table(['Rule', 'What must hold', 'Parameters', 'Checked', 'Comply', 'Found', 'Not applicable'], rules.map(ruleRow))}
<h2>What was found</h2>
${violated.length === 0 ? '<p>Nothing.</p>' : violated.map(findingsOf).join('\n')}
<h2>Audit trail</h2>
${trailText(trailHead)}
</body></html>
`
}
