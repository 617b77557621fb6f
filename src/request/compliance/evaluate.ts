import { namesOf, type Subject } from '../../compliance/subject.ts'
import type { Verdict } from '../../compliance/verdict.ts'
import type { Scope } from '../../domain/arn.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import type { RunnableRule } from './configured.ts'
import { type SubjectParts, subjectPage } from './subjects.ts'

/** What a rule says of one resource. */
export type Evaluated = {
  readonly type: Subject['type']
  readonly id: string
  readonly name: string
  readonly verdict: Verdict
}

/** Where an evaluation goes on: the type of resources by its place among the rule's, and after which of them. */
export type Cursor = { readonly type: number; readonly after?: string }

export type EvaluatedPage = { readonly results: readonly Evaluated[]; readonly next?: Cursor }

type Tagged = { readonly key: string; readonly value: string }

function tagsOf(subject: Subject): readonly Tagged[] {
  if (subject.type === 'AWS::::Account') return []
  if (subject.type === 'AWS::KMS::Key')
    return subject.key.tags.map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue }))
  return subject.entity.tags.map(({ Key, Value }) => ({ key: Key, value: Value }))
}

function isInScope(subject: Subject, scope: RunnableRule['scope']): boolean {
  if (!scope) return true
  const { resourceId, tagKey, tagValue } = scope
  if (resourceId !== undefined && namesOf(subject).id !== resourceId) return false
  return (
    tagKey === undefined ||
    tagsOf(subject).some(({ key, value }) => key === tagKey && (tagValue === undefined || value === tagValue))
  )
}

/** @returns nothing for a resource that the rule is not about. */
export function judged(
  { rule, parameters, types, scope }: RunnableRule,
  subject: Subject,
  now: number,
): Evaluated | undefined {
  if (!types.includes(subject.type) || !isInScope(subject, scope)) return undefined
  return { type: subject.type, ...namesOf(subject), verdict: rule.judge(subject, parameters, now) }
}

/** What a rule says of some resources, and where it goes on. One call looks at a bounded number of them. */
export async function evaluatePage(
  parts: SubjectParts,
  scope: Scope,
  wanted: RunnableRule,
  { type: index, after }: Cursor = { type: 0 },
  limit?: number,
): Promise<EvaluatedPage | ServiceError> {
  const type = wanted.types[index]
  if (type === undefined) return { results: [] }
  const gathering = {
    scope,
    needsLastUses: wanted.rule.needsLastUses === true,
    ...(limit === undefined ? {} : { limit }),
  }
  const page = await subjectPage(parts, gathering, type, after)
  if (isError(page)) return page
  const now = parts.clock.now()
  const results = page.subjects.flatMap((subject) => judged(wanted, subject, now) ?? [])
  if (page.after !== undefined) return { results, next: { type: index, after: page.after } }
  return index + 1 < wanted.types.length ? { results, next: { type: index + 1 } } : { results }
}
