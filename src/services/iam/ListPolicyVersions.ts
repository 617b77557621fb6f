import { isError } from '../../domain/error.ts'
import { list } from '../../protocol/shape.ts'
import { pageAmong } from './page.ts'
import { onPolicy } from './policy-operation.ts'
import * as shapes from './shapes.ts'
import { listedVersion } from './shown.ts'

/**
 * The versions of a managed policy, newest first, without their documents.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html
 */
export const ListPolicyVersions = onPolicy({
  name: 'ListPolicyVersions',
  input: shapes.pageInput,
  output: { Versions: list(shapes.PolicyVersion), ...shapes.pageOutput },
  run({ versions, defaultVersion }, wanted) {
    const page = pageAmong(wanted, versions.toReversed(), ({ number }) => `v${number}`)
    if (isError(page)) return page
    const { entries, ...rest } = page
    return { output: { Versions: entries.map((version) => listedVersion(version, defaultVersion)), ...rest } }
  },
})
