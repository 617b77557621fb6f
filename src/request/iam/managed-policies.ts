import { base32Text } from '../../domain/access-key-id.ts'
import { type AccountId, parsePrincipalArn } from '../../domain/arn.ts'
import { isAwsManaged, type ManagedPolicy, parsePolicyArn } from '../../domain/iam.ts'
import {
  AWS_MANAGED_POLICIES,
  type AwsManagedPolicy,
  awsManagedDocument,
  awsManagedPolicy,
} from '../../policy/aws-managed.ts'
import type { Directory } from './directory.ts'

/** When AWS made the oldest of its policies: 2015-02-06T18:39:46Z. Source: AWS managed policy reference. */
const AWS_POLICIES_SINCE = 1_423_247_986_000
const ID_CHARS = 17

/** A managed policy by its ARN, the account's own or AWS's. */
export async function findManagedPolicy(
  directory: Pick<Directory, 'findEntityById'>,
  account: AccountId,
  arn: string,
): Promise<ManagedPolicy | undefined> {
  if (!isAwsManaged(arn)) return directory.findEntityById(account, 'policy', arn)
  const named = parsePolicyArn(arn)
  const policy = named && awsManagedPolicy(named.path, named.name)
  return policy && awsPolicy(policy, account)
}

/** AWS's own policies in order of name, as an account sees them. */
export function awsPolicies(account: AccountId): readonly ManagedPolicy[] {
  return AWS_MANAGED_POLICIES.map((policy) => awsPolicy(policy, account))
}

/** The account is that of the reader: AWS's policies are in no account. */
function awsPolicy(policy: AwsManagedPolicy, account: AccountId): ManagedPolicy {
  const { name, path, description } = policy
  return {
    kind: 'policy',
    account,
    id: `ANPA${base32Text(Buffer.from(name.padEnd(ID_CHARS, name)).toString('hex')).slice(0, ID_CHARS)}`,
    name,
    path,
    arn: parsePrincipalArn(`arn:aws:iam::aws:policy${path}${name}`),
    revision: 1,
    createdAt: AWS_POLICIES_SINCE,
    updatedAt: AWS_POLICIES_SINCE,
    tags: [],
    description,
    versions: [{ number: 1, document: awsManagedDocument(policy), createdAt: AWS_POLICIES_SINCE }],
    defaultVersion: 1,
    lastVersion: 1,
  }
}
