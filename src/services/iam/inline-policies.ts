import { isError } from '../../domain/error.ts'
import { list, text } from '../../protocol/shape.ts'
import { checkDocument, checkInlineSize } from '../../request/iam/documents.ts'
import type { Operation } from '../../request/operation.ts'
import { changed } from './change.ts'
import { NAMED, onEntity } from './entity-operation.ts'
import { pageAmong } from './page.ts'
import { noSuchInlinePolicy } from './refusal.ts'
import * as shapes from './shapes.ts'
import { encodeDocument } from './shown.ts'

const HOLDERS = [
  ['user', 'User'],
  ['group', 'Group'],
  ['role', 'Role'],
] as const

const named = { PolicyName: shapes.PolicyNameType }

/** Put, Get, Delete and List of the policies inside a user, a group or a role. Source: IAM API reference. */
export const INLINE_POLICY_OPERATIONS: readonly Operation[] = HOLDERS.flatMap(([kind, name]) => [
  onEntity(kind, {
    name: `Put${name}Policy`,
    input: { ...named, PolicyDocument: shapes.PolicyDocumentType },
    run(holder, { PolicyName, PolicyDocument }) {
      const malformed = checkDocument('identity', PolicyDocument)
      if (malformed) return malformed
      const others = holder.inlinePolicies.filter((policy) => policy.name !== PolicyName)
      const inlinePolicies = [...others, { name: PolicyName, document: PolicyDocument }]
      return (
        checkInlineSize({ ...holder, inlinePolicies }) ?? { output: {}, changes: [changed(holder, { inlinePolicies })] }
      )
    },
  }),
  onEntity(kind, {
    name: `Get${name}Policy`,
    input: named,
    output: { [NAMED[kind].member]: text(), PolicyName: text(), PolicyDocument: text() },
    run(holder, { PolicyName }) {
      const policy = holder.inlinePolicies.find((each) => each.name === PolicyName)
      if (!policy) return noSuchInlinePolicy(kind, PolicyName)
      const PolicyDocument = encodeDocument(policy.document)
      return { output: { [NAMED[kind].member]: holder.name, PolicyName, PolicyDocument } }
    },
  }),
  onEntity(kind, {
    name: `Delete${name}Policy`,
    input: named,
    run(holder, { PolicyName }) {
      const inlinePolicies = holder.inlinePolicies.filter((policy) => policy.name !== PolicyName)
      return inlinePolicies.length === holder.inlinePolicies.length
        ? noSuchInlinePolicy(kind, PolicyName)
        : { output: {}, changes: [changed(holder, { inlinePolicies })] }
    },
  }),
  onEntity(kind, {
    name: `List${name}Policies`,
    input: shapes.pageInput,
    output: { PolicyNames: list(text()), ...shapes.pageOutput },
    run(holder, wanted) {
      const names = holder.inlinePolicies.map((policy) => policy.name).sort()
      const page = pageAmong(wanted, names, (each) => each)
      if (isError(page)) return page
      const { entries, ...rest } = page
      return { output: { PolicyNames: entries, ...rest } }
    },
  }),
])
