import { isError } from '../../domain/error.ts'
import { list, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { PAGES, pageOf } from './page.ts'
import * as shapes from './shapes.ts'

/**
 * The names of a key's policies: `default`, the only one there is.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html
 */
export const ListKeyPolicies = operation({
  name: 'ListKeyPolicies',
  input: { KeyId: shapes.KeyIdType, ...shapes.pageInput },
  output: { PolicyNames: optional(list(shapes.PolicyNameType)), ...shapes.pageOutput },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:ListKeyPolicies', input.KeyId, 'refused')),
  async run(input) {
    const wanted = pageOf(input, PAGES.ListKeyPolicies)
    if (isError(wanted)) return wanted
    return { output: { PolicyNames: wanted.after === undefined ? ['default'] : [], Truncated: false } }
  },
})
