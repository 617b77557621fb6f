import { error, isError } from '../../domain/error.ts'
import { list, optional, type Shape, structure, text } from '../../protocol/shape.ts'
import { type Operation, operation } from '../../request/operation.ts'
import { onEntity, shared } from './entity-operation.ts'
import { ownerOf, ownerTarget } from './owner.ts'
import * as shapes from './shapes.ts'

/** Credentials for services that do not answer here, by the member that lists them, with the member that identifies each. */
const KINDS = {
  ListSigningCertificates: ['Certificates', 'CertificateId'],
  ListSSHPublicKeys: ['SSHPublicKeys', 'SSHPublicKeyId'],
  ListServiceSpecificCredentials: ['ServiceSpecificCredentials', 'ServiceSpecificCredentialId'],
} as const

const emptyList = ([name, [member, id]]: [string, (typeof KINDS)[keyof typeof KINDS]]): Operation => {
  const entry: Shape<{ readonly [name: string]: string }> = structure({ [id]: text() })
  return operation({
    ...shared({ name }),
    input: { UserName: optional(shapes.ExistingUserNameType), ...shapes.pageInput },
    output: { [member]: list(entry), ...shapes.pageOutput },
    targets: (input, find) => ownerTarget(find, `iam:${name}`, input.UserName),
    async run(_input, { owner: granted }, { caller }) {
      const owner = ownerOf(granted, caller.scope.account)
      return isError(owner) ? owner : { output: { [member]: [], IsTruncated: false } }
    },
  })
}

const noLogin = (name: string) =>
  onEntity('user', {
    name,
    run: (user) => error('NoSuchEntity', `Login Profile for User ${user.name} cannot be found.`),
  })

/**
 * What users have on AWS and not here: passwords, certificates and keys of other services. Whoever deletes a user asks for them
 * first, and is told that there are none.
 *
 * Source: IAM API reference; Terraform's aws_iam_user with force_destroy.
 */
export const LOGIN_OPERATIONS: readonly Operation[] = [
  ...Object.entries(KINDS).map(emptyList),
  ...['GetLoginProfile', 'DeleteLoginProfile'].map(noLogin),
]
