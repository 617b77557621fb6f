import type { AccountId } from '../../domain/arn.ts'
import { isError } from '../../domain/error.ts'
import { isAwsManaged, type ManagedPolicy, type PrincipalBinding, parsePolicyArn } from '../../domain/iam.ts'
import { POLICY_CACHE_MAX } from '../../domain/limits.ts'
import { awsManagedDocument, awsManagedPolicy } from '../../policy/aws-managed.ts'
import { compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/document.ts'
import type { AttachedPolicy, CompiledPolicy, PolicyKind } from '../../policy/types.ts'
import { lru } from '../lru.ts'
import type { Directory } from './directory.ts'

/** Documents of IAM compiled once per text. */
export type CompiledPolicies = {
  /** A document that was checked when it was saved. */
  document(kind: Exclude<PolicyKind, 'key'>, text: string): CompiledPolicy
  trust(text: string, bindings: readonly PrincipalBinding[]): CompiledPolicy
  /** The version in force of a managed policy, the account's own or AWS's; nothing when there is no such policy. */
  managed(account: AccountId, arn: string): Promise<AttachedPolicy | undefined>
}

export function compiledPolicies(directory: Pick<Directory, 'findEntityById'>): CompiledPolicies {
  const cache = lru<string, CompiledPolicy>(POLICY_CACHE_MAX)
  const compiled = (name: string, make: () => CompiledPolicy) => {
    const known = cache.get(name)
    if (known) return known
    const made = make()
    cache.set(name, made)
    return made
  }
  const document: CompiledPolicies['document'] = (kind, text) =>
    compiled(`${kind} ${text}`, () => compilePolicy(documentOf(kind, text)))
  return {
    document,
    trust: (text, bindings) =>
      compiled(`trust ${JSON.stringify(bindings)} ${text}`, () =>
        compilePolicy(documentOf('trust', text), new Map(bindings.map(({ arn, id }) => [arn, id]))),
      ),
    async managed(account, arn) {
      const text = await managedText(directory, account, arn)
      return text === undefined ? undefined : { name: arn, policy: document('identity', text) }
    },
  }
}

function documentOf(kind: PolicyKind, text: string) {
  const document = parsePolicy(text, kind)
  if (isError(document)) throw new TypeError('a stored policy is not a policy')
  return document
}

/** The document in force. */
export function defaultDocument({ versions, defaultVersion }: ManagedPolicy): string {
  const version = versions.find(({ number }) => number === defaultVersion)
  if (!version) throw new TypeError('a managed policy has no default version')
  return version.document
}

/** The document in force of a managed policy by its ARN. */
export async function managedText(
  directory: Pick<Directory, 'findEntityById'>,
  account: AccountId,
  arn: string,
): Promise<string | undefined> {
  if (!isAwsManaged(arn)) {
    const policy = await directory.findEntityById(account, 'policy', arn)
    return policy && defaultDocument(policy)
  }
  const named = parsePolicyArn(arn)
  const policy = named && awsManagedPolicy(named.path, named.name)
  return policy && awsManagedDocument(policy)
}
